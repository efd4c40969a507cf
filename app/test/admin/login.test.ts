import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { toAsync } from 'greenthreads'
import { adminLogin } from '../../src/access/panel-users.ts'
import { hashPassword, quickHash } from '../../src/access/password.ts'
import { longestIdleMs, longestSessionMs } from '../../src/access/sessions.ts'
import { PanelUserRepository } from '../../src/storage/panel-user-repository.ts'
import { everyDatabase, type TestDatabase } from '../support/every-database.ts'
import { PanelVisitor } from '../support/panel-visitor.ts'
import { ServiceFixture } from '../support/service-fixture.ts'

for (const kind of await everyDatabase()) {
  describe(`the login of the admin panel, on ${kind.name},`, { skip: kind.skip }, () => {
    let database: TestDatabase
    let fixture: ServiceFixture
    let visitor: PanelVisitor
    let password: string

    before(async () => {
      database = await kind.create()
      fixture = await ServiceFixture.open({ databaseUrl: database.url })
      password = fixture.service.access.demoPassword ?? ''
    })
    after(async () => {
      await fixture.close()
      await database.drop()
    })
    beforeEach(() => {
      visitor = new PanelVisitor(fixture.service.server)
    })

    test('is asked for, and leads to the page that was wanted', async () => {
      const refused = await visitor.get('/admin/audit?search=a%26b')
      assert.equal(refused.statusCode, 303)
      const loginUrl = String(refused.headers.location)
      const form = await visitor.get(loginUrl)
      const next = /name="next" value="([^"]+)"/.exec(form.body)?.[1]
      assert.equal(next, '/admin/audit?search=a%26b')
      const done = await visitor.send('/admin/login', { login: adminLogin, password, next })
      assert.equal(done.statusCode, 303)
      assert.equal(done.headers.location, next)
      assert.equal((await visitor.get(next)).statusCode, 200)
    })

    test('leads nowhere but to pages of the panel', async () => {
      for (const next of [
        'https://evil.example/',
        '//evil.example',
        '/admin\\evil',
        '/adminx',
        'javascript:alert(1)',
        '/admin/login',
      ]) {
        const stranger = new PanelVisitor(fixture.service.server)
        await stranger.get(`/admin/login?${new URLSearchParams({ next })}`)
        const done = await stranger.send('/admin/login', { login: adminLogin, password, next })
        assert.equal(done.headers.location, '/admin', next)
      }
    })

    test('is told apart from a wrong one without telling what was wrong', async () => {
      const wrongPassword = await visitor.logIn(adminLogin, 'a wrong password')
      const wrongLogin = await visitor.logIn('nobody', password)
      for (const response of [wrongPassword, wrongLogin]) {
        assert.equal(response.statusCode, 401)
        assert.match(response.body, /Login and password do not belong together/)
        assert.ok(!visitor.cookies.has('panel_session'))
      }
      assert.equal((await visitor.get('/admin/contractors')).statusCode, 303)
    })

    test('keeps a secret in a cookie for the panel alone, and only its hash in the database', async () => {
      const { cookies } = await visitor.logIn(` ${adminLogin.toUpperCase()} `, password)
      const session = cookies.find(({ name }) => name === 'panel_session')
      assert.ok(session)
      const { httpOnly, sameSite, path, value } = session
      assert.deepEqual(
        { httpOnly, sameSite, path },
        { httpOnly: true, sameSite: 'Strict', path: '/admin' },
      )
      const stored = JSON.stringify(await fixture.rows('SELECT * FROM panel_sessions'))
      assert.ok(!stored.includes(value))
    })

    test("gives a new secret each time: one from before can be nobody else's key", async () => {
      await visitor.logIn(adminLogin, password)
      const planted = visitor.cookies.get('panel_session')
      await visitor.logIn(adminLogin, password)
      assert.notEqual(visitor.cookies.get('panel_session'), planted)
      visitor.cookies.set('panel_session', String(planted))
      assert.equal((await visitor.get('/admin/contractors')).statusCode, 303)
    })

    test('ends with the logout, also for who has kept the cookie', async () => {
      await visitor.logIn(adminLogin, password)
      const kept = visitor.cookies.get('panel_session')
      await visitor.get('/admin/contractors')
      const done = await visitor.send('/admin/logout')
      assert.match(String(done.headers.location), /^\/admin\/login/)
      assert.ok(!visitor.cookies.has('panel_session'))
      visitor.cookies.set('panel_session', String(kept))
      assert.equal((await visitor.get('/admin/contractors')).statusCode, 303)
    })

    test('ends when it was not used for long, and after its longest time', async () => {
      await visitor.logIn(adminLogin, password)
      fixture.advance(longestIdleMs - 1)
      assert.equal((await visitor.get('/admin/contractors')).statusCode, 200)
      fixture.advance(longestIdleMs)
      assert.equal((await visitor.get('/admin/contractors')).statusCode, 303)

      await visitor.logIn(adminLogin, password)
      for (let passed = 0; passed < longestSessionMs - longestIdleMs; passed += longestIdleMs / 2) {
        fixture.advance(longestIdleMs / 2)
        assert.equal((await visitor.get('/admin/contractors')).statusCode, 200)
      }
      fixture.advance(longestIdleMs / 2)
      await visitor.get('/admin/contractors')
      fixture.advance(longestIdleMs / 2)
      assert.equal((await visitor.get('/admin/contractors')).statusCode, 303)
    })

    test('takes the form of its own page only', async () => {
      await visitor.get('/admin/login')
      const { token } = visitor
      for (const wrong of [undefined, '', 'x', `${token}x`]) {
        visitor.token = wrong
        const refused = await visitor.send('/admin/login', { login: adminLogin, password })
        assert.equal(refused.statusCode, 403)
        assert.match(refused.body, /FORM_TOKEN_WRONG/)
      }
    })

    test('is refused for a while after ten attempts', async () => {
      await addQuickly('guessed')
      for (let attempt = 0; attempt < 10; attempt++) {
        assert.equal((await visitor.logIn('guessed', 'a wrong password')).statusCode, 401)
      }
      const refused = await visitor.logIn('guessed', 'a wrong password')
      assert.equal(refused.statusCode, 429)
      assert.ok(Number(refused.headers['retry-after']) > 0)
      assert.match(refused.body, /LOGIN_ATTEMPTS/)
    })

    test('is written down, without what was typed', async () => {
      await visitor.logIn('my secret password', 'a wrong password')
      await visitor.logIn(adminLogin, password)
      const entries = await fixture.rows('SELECT * FROM audit_log ORDER BY id DESC LIMIT 2')
      assert.deepEqual(
        entries.map((entry) => (entry as { action: string }).action),
        ['login', 'login refused'],
      )
      assert.doesNotMatch(
        JSON.stringify(await fixture.rows('SELECT * FROM audit_log')),
        /secret|wrong/,
      )
    })

    /** A user each guess at whose password takes little computing. */
    function addQuickly(login: string): Promise<unknown> {
      const users = new PanelUserRepository(fixture.service.database)
      return toAsync(() =>
        users.add(login, 'viewer', hashPassword('never guessed', quickHash), new Date()),
      )()
    }
  })
}
