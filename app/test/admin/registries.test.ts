import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { adminLogin } from '../../src/access/panel-users.ts'
import { everyDatabase, type TestDatabase } from '../support/every-database.ts'
import { registeredInn } from '../support/inns.ts'
import { PanelVisitor } from '../support/panel-visitor.ts'
import { ServiceFixture } from '../support/service-fixture.ts'

interface Uploaded {
  readonly id: string
  readonly state: string
}

for (const kind of await everyDatabase()) {
  describe(`registers in the panel, on ${kind.name}`, { skip: kind.skip }, () => {
    let database: TestDatabase
    let fixture: ServiceFixture
    let viewer: PanelVisitor

    before(async () => {
      database = await kind.create()
      fixture = await ServiceFixture.open({ databaseUrl: database.url })
      const { server, access } = fixture.service
      viewer = await PanelVisitor.loggedIn(server, adminLogin, access.demoPassword ?? '')
    })
    after(async () => {
      await fixture.close()
      await database.drop()
    })

    test('are found in the list, with their payments and the lines that can not be paid', async () => {
      const inn = await registeredInn(fixture)
      const lines = [`${inn},10.00,=1+1`, `${inn},none,not paid`, `${inn},2.50,"a ""good"" <b>"`]
      const id = await finished(await upload('Wages of <i>May</i>', lines, 'skip'))

      const list = await viewer.get('/admin/registries?search=%3Ci%3EMay')
      assert.ok(list.body.includes(`/admin/registries/${id}"`))
      assert.match(list.body, /Wages of &lt;i&gt;May/)
      assert.match(list.body, /finished/)
      assert.ok(!(await viewer.get('/admin/registries?search=June')).body.includes(id))

      const page = await viewer.get(`/admin/registries/${id}`)
      assert.match(page.body, /2 of 2: 2 completed, 0 refused, 0 annulled/)
      assert.match(page.body, /3, of which 1 can't be paid/)
      assert.match(page.body, /<td class="number">3<\/td><td>An amount is/)
      assert.equal(page.body.match(/\/admin\/payments\//g)?.length, 2)
      assert.doesNotMatch(page.body, /http-equiv="refresh"/)
      const refused = await viewer.get(`/admin/registries/${id}?state=refused`)
      assert.match(refused.body, /No payment of it is like that/)
      const payment = /\/admin\/payments\/[0-9a-f-]+/.exec(page.body)?.[0] ?? ''
      assert.ok((await viewer.get(payment)).body.includes(`/admin/registries/${id}`))
    })

    test('give a file of what came of each line, which no spreadsheet takes for formulas', async () => {
      const inn = await registeredInn(fixture)
      const lines = [`${inn},10.00,=1+1`, `${inn},none,not paid`, `${inn},2.50,"a ""good"" one"`]
      const id = await finished(await upload('Results', lines, 'skip'))
      const file = await viewer.get(`/admin/registries/${id}/result.csv`)
      assert.equal(file.headers['content-type'], 'text/csv; charset=utf-8')
      assert.match(String(file.headers['content-disposition']), new RegExp(`register-${id}\\.csv`))
      const [head, ...rows] = file.body.trimEnd().split('\n')
      assert.equal(head, '\ufeffline,inn,amount,purpose,state,reason,transfer,receipt')
      assert.equal(rows.length, 3)
      assert.match(rows[0] ?? '', new RegExp(`^2,${inn},10\\.00,'=1\\+1,completed,,[^,]+,[^,]+$`))
      assert.match(rows[1] ?? '', /^3,,,,invalid,"An amount is .*",,$/)
      assert.match(rows[2] ?? '', new RegExp(`^4,${inn},2\\.50,"a ""good"" one",completed,`))
    })

    test('of more lines than are read at once are given whole, in their order', async () => {
      const inn = await registeredInn(fixture)
      const lines = Array.from({ length: 2100 }, (_, index) =>
        index === 2000 ? `${inn},1.00,good` : `${inn},none,bad`,
      )
      const { id, state } = await upload('Long', lines, 'refuse')
      assert.equal(state, 'refused')
      const page = await viewer.get(`/admin/registries/${id}`)
      assert.match(page.body, /Nothing of it was paid/)
      assert.match(page.body, /These are the first 100/)
      const file = await viewer.get(`/admin/registries/${id}/result.csv`)
      const numbers = file.body
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((row) => Number(row.split(',')[0]))
      const expected = lines.flatMap((line, index) => (line.endsWith('good') ? [] : [index + 2]))
      assert.deepEqual(numbers, expected)
    })

    test('show how far they are, again and again until they are done', async () => {
      fixture.neighbours.bank.change({ mode: 'hang' })
      const inn = await registeredInn(fixture)
      const { id } = await upload('Slow', [`${inn},1.00,slow`], 'refuse')
      const page = await viewer.get(`/admin/registries/${id}`)
      assert.match(page.body, /<progress max="1" value="0">/)
      assert.match(page.body, /http-equiv="refresh"/)
      assert.match((await viewer.get('/admin/registries')).body, /processing/)
      fixture.neighbours.bank.change({ mode: 'answer' })
    })

    test('that there are not are not found', async () => {
      for (const id of ['1', "' OR 1=1", '00000000-0000-4000-8000-000000000000']) {
        for (const rest of ['', '/result.csv']) {
          const url = `/admin/registries/${encodeURIComponent(id)}${rest}`
          assert.equal((await viewer.get(url)).statusCode, 404)
        }
      }
    })

    async function upload(
      title: string,
      lines: readonly string[],
      invalidRows: string,
    ): Promise<Uploaded> {
      const query = new URLSearchParams({ title, invalidRows })
      const file = ['inn,amount,purpose', ...lines].join('\n')
      const { body } = await fixture.post<Uploaded>(
        `/registries?${query}`,
        file as unknown as object,
        { 'idempotency-key': `panel-${title}`.replaceAll(/\W/g, '-'), 'content-type': 'text/csv' },
      )
      return body
    }

    /** Asks again and again, as a client would. */
    async function finished({ id }: Uploaded): Promise<string> {
      for (;;) {
        const { body } = await fixture.get<Uploaded>(`/registries/${id}`)
        if (body.state === 'finished') return id
        await nextTurn()
      }
    }
  })
}
