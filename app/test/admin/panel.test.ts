import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { adminLogin } from '../../src/access/panel-users.ts'
import { demoContractors } from '../../src/storage/seed.ts'
import { everyDatabase, type TestDatabase } from '../support/every-database.ts'
import { PanelVisitor } from '../support/panel-visitor.ts'
import { ServiceFixture } from '../support/service-fixture.ts'

const evilName = `<script>alert(1)</script>"'><img src=x onerror=alert(2)> &amp; %_\\`

for (const kind of await everyDatabase()) {
  describe(`the admin panel, on ${kind.name},`, { skip: kind.skip }, () => {
    let database: TestDatabase
    let fixture: ServiceFixture
    let admin: PanelVisitor
    const [first = '', second = ''] = demoContractors(2).map(({ inn }) => String(inn))

    before(async () => {
      database = await kind.create()
      fixture = await ServiceFixture.open({ databaseUrl: database.url })
      const password = fixture.service.access.demoPassword ?? ''
      admin = await PanelVisitor.loggedIn(fixture.service.server, adminLogin, password)
    })
    after(async () => {
      await fixture.close()
      await database.drop()
    })

    test('lists contractors page by page', async () => {
      const inns = new Set<string>()
      let url: string | undefined = '/admin/contractors'
      let pages = 0
      while (url !== undefined) {
        const { body } = await admin.get(url)
        for (const [, inn] of body.matchAll(/contractors\/(\d{12})"/g)) inns.add(String(inn))
        const next: string | undefined = /href="([^"]+)" rel="next"/.exec(body)?.[1]
        url = next && `/admin/contractors${next.replaceAll('&amp;', '&')}`
        pages++
      }
      assert.deepEqual(inns, new Set(demoContractors(250).map(({ inn }) => inn)))
      assert.equal(pages, 10)
    })

    test('finds contractors by name, INN and status', async () => {
      await fixture.status(first)
      const byInn = await admin.get(`/admin/contractors?search=${first.slice(4)}`)
      assert.match(byInn.body, new RegExp(first))
      assert.doesNotMatch(byInn.body, new RegExp(second))
      assert.match(byInn.body, /class="badge (not-)?self-employed"/)
      const unknown = await admin.get(`/admin/contractors?standing=unknown&search=${first}`)
      assert.match(unknown.body, /No contractor is like that/)
      const byName = await admin.get('/admin/contractors?search=ANNA%20the%20courier')
      assert.match(byName.body, /Anna the courier/)
    })

    test('shows a contractor with what the tax authority has said', async () => {
      await fixture.status(second)
      const { body, statusCode } = await admin.get(`/admin/contractors/${second}`)
      assert.equal(statusCode, 200)
      assert.match(body, /2030-01-01 00:00:00/)
      assert.equal((await admin.get('/admin/contractors/770100000000')).statusCode, 400)
      assert.equal((await admin.get('/admin/contractors/500100732259')).statusCode, 404)
    })

    test('shows text as text, whatever HTML, SQL or pattern is in it', async () => {
      await fixture.rows('UPDATE contractors SET name = $2 WHERE inn = $1', first, evilName)
      for (const url of [
        `/admin/contractors/${first}`,
        `/admin/contractors?search=${encodeURIComponent(evilName)}`,
        `/admin/audit?search=${encodeURIComponent(evilName)}&action=${encodeURIComponent(evilName)}`,
        `/admin/login?next=${encodeURIComponent(`/admin/${evilName}`)}`,
        `/admin/nowhere/${encodeURIComponent(evilName)}`,
        `/admin/contractors/${encodeURIComponent(evilName)}`,
      ]) {
        const { body, headers } = await admin.get(url)
        assert.match(String(headers['content-type']), /^text\/html/)
        assert.doesNotMatch(body, /<script|<img/, url)
      }
      const found = await admin.get(`/admin/contractors?search=${encodeURIComponent('%_\\')}`)
      assert.match(found.body, new RegExp(first))
      assert.doesNotMatch(found.body, new RegExp(second))
    })

    test('tells the browser to run and frame nothing but its own', async () => {
      for (const url of ['/admin/contractors', '/admin/login', '/admin/nowhere']) {
        const { headers } = await admin.get(url)
        const policy = String(headers['content-security-policy'])
        assert.match(policy, /default-src 'none'/)
        assert.match(policy, /script-src 'self'(;|$)/)
        assert.match(policy, /frame-ancestors 'none'/)
        assert.doesNotMatch(policy, /unsafe/)
        assert.equal(headers['x-content-type-options'], 'nosniff')
        assert.equal(headers['cache-control'], 'no-store')
      }
    })

    test('has its style, and nothing else of the disk', async () => {
      const style = await admin.get('/admin/assets/panel.css')
      assert.equal(style.statusCode, 200)
      assert.match(String(style.headers['content-type']), /^text\/css/)
      for (const path of ['..%2Fpackage.json', '%2e%2e%2fpackage.json', '.', 'x.css']) {
        const { statusCode, body } = await admin.get(`/admin/assets/${path}`)
        assert.ok(statusCode === 403 || statusCode === 404, `${path}: ${statusCode}`)
        assert.doesNotMatch(body, /greenthreads\/app/)
      }
    })

    test('makes a key that works, shows it once, and revokes it', async () => {
      await admin.get('/admin/keys')
      const made = await admin.send('/admin/keys', {
        client: evilName,
        scope: ['status:read', 'contractors:read'],
      })
      assert.equal(made.statusCode, 200)
      const key = /id="key">(gtk_[^<]+)</.exec(made.body)?.[1] ?? ''
      assert.equal((await statusWith(key)).statusCode, 200)

      const list = await admin.get('/admin/keys')
      assert.ok(!list.body.includes(key))
      assert.ok(list.body.includes(key.slice(0, 8)))
      assert.doesNotMatch(list.body, /<script|<img/)
      const [id] = /keys\/(\d+)\/revoke/.exec(list.body)?.slice(1) ?? []
      const revoked = await admin.send(`/admin/keys/${id}/revoke`)
      assert.equal(revoked.headers.location, '/admin/keys?notice=key-revoked')
      assert.equal((await statusWith(key)).statusCode, 401)
      const again = await admin.send(`/admin/keys/${id}/revoke`)
      assert.equal(again.headers.location, '/admin/keys?notice=key-was-revoked')

      const entries = await fixture.rows(
        'SELECT login, action, subject FROM audit_log WHERE subject = $1 ORDER BY id',
        `key ${id}`,
      )
      assert.deepEqual(entries, [
        { login: adminLogin, action: 'key created', subject: `key ${id}` },
        { login: adminLogin, action: 'key revoked', subject: `key ${id}` },
      ])
      const audit = await admin.get('/admin/audit?action=key%20created')
      assert.ok(audit.body.includes(`key ${id}`))
    })

    test('makes no key without a client, or with scopes that there are not', async () => {
      await admin.get('/admin/keys')
      for (const fields of [
        { scope: 'status:read' },
        { client: 'x'.repeat(101), scope: 'status:read' },
        { client: 'a client' },
        { client: 'a client', scope: ['status:read', 'everything'] },
        { client: 'a \0 client', scope: 'status:read' },
      ]) {
        assert.equal((await admin.send('/admin/keys', fields)).statusCode, 400)
      }
    })

    test('adds users, whose role and password can be changed, and who can be disabled', async () => {
      const name = `vera.${kind.name.toLowerCase()}`
      await admin.get('/admin/users')
      const added = await admin.send('/admin/users', {
        login: name.toUpperCase(),
        role: 'viewer',
        password: 'her first password',
      })
      assert.equal(added.headers.location, '/admin/users?notice=user-added', added.body)
      const { server } = fixture.service
      const vera = await PanelVisitor.loggedIn(server, name, 'her first password')
      assert.equal((await vera.get('/admin/users')).statusCode, 403)

      const [{ id } = { id: 0 }] = (await fixture.rows(
        'SELECT id FROM panel_users WHERE login = $1',
        name,
      )) as { id: number }[]
      await admin.send(`/admin/users/${id}/role`, { role: 'admin' })
      assert.equal((await vera.get('/admin/users')).statusCode, 200)

      await admin.send(`/admin/users/${id}/password`, { password: 'her second password' })
      assert.equal((await vera.get('/admin/users')).statusCode, 303)
      assert.equal((await vera.logIn(name, 'her first password')).statusCode, 401)
      assert.equal((await vera.logIn(name, 'her second password')).statusCode, 303)

      await admin.send(`/admin/users/${id}/disable`)
      assert.equal((await vera.get('/admin/users')).statusCode, 303)
      assert.equal((await vera.logIn(name, 'her second password')).statusCode, 401)
      await admin.send(`/admin/users/${id}/enable`)
      assert.equal((await vera.logIn(name, 'her second password')).statusCode, 303)

      const entries = await fixture.rows(
        'SELECT action FROM audit_log WHERE subject = $1 ORDER BY id',
        `user ${name}`,
      )
      assert.deepEqual(
        entries.map((entry) => (entry as { action: string }).action),
        ['user added', 'role changed', 'password changed', 'user disabled', 'user enabled'],
      )
      assert.doesNotMatch(
        JSON.stringify(await fixture.rows('SELECT * FROM audit_log')),
        /her first/,
      )
    })

    test('adds no user twice, without a name, or with a short password', async () => {
      await admin.get('/admin/users')
      for (const [fields, code] of [
        [{ login: adminLogin, role: 'viewer', password: 'long enough it is' }, 'LOGIN_TAKEN'],
        [{ login: '<b>', role: 'viewer', password: 'long enough it is' }, 'LOGIN_INVALID'],
        [{ login: 'olga', role: 'king', password: 'long enough it is' }, 'ROLE_INVALID'],
        [{ login: 'olga', role: 'viewer', password: 'short' }, 'PASSWORD_LENGTH'],
        [{ login: 'olga', role: 'viewer' }, 'PASSWORD_LENGTH'],
      ] as const) {
        const refused = await admin.send('/admin/users', fields)
        assert.equal(refused.statusCode, 400)
        assert.match(refused.body, new RegExp(code))
      }
    })

    test('lets nobody lock themselves out', async () => {
      await admin.get('/admin/users')
      const [{ id } = { id: 0 }] = (await fixture.rows(
        'SELECT id FROM panel_users WHERE login = $1',
        adminLogin,
      )) as { id: number }[]
      for (const [path, fields] of [
        ['disable', {}],
        ['role', { role: 'viewer' }],
      ] as const) {
        const refused = await admin.send(`/admin/users/${id}/${path}`, fields)
        assert.match(refused.body, /USER_IS_YOURSELF/)
      }
    })

    test('never changes what the audit log says', async () => {
      for (const sql of ["UPDATE audit_log SET login = 'somebody'", 'DELETE FROM audit_log']) {
        await assert.rejects(fixture.rows(sql), /never changed or deleted/)
      }
    })

    async function statusWith(key: string) {
      const headers = { authorization: `Bearer ${key}` }
      return await fixture.service.server.inject({ url: `/contractors/${second}/status`, headers })
    }
  })
}
