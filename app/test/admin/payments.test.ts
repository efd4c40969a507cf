import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { adminLogin } from '../../src/access/panel-users.ts'
import { everyDatabase } from '../support/every-database.ts'
import { registeredInn } from '../support/inns.ts'
import { PanelVisitor } from '../support/panel-visitor.ts'
import { PaymentClient } from '../support/payment-client.ts'
import { ServiceFixture } from '../support/service-fixture.ts'

test('an operator finds a payment in the panel, and annuls its receipt', async () => {
  const fixture = await ServiceFixture.open()
  const { server, access } = fixture.service
  const inn = await registeredInn(fixture)
  const purpose = 'Design of <b>pages</b>'
  const made = await fixture.post<{ id: string; state: string }>(
    '/payments',
    { inn, amount: '1234.56', purpose },
    { 'idempotency-key': 'panel-1' },
  )
  assert.equal(made.body.state, 'completed', JSON.stringify(made.body))
  const { id } = made.body
  const admin = await PanelVisitor.loggedIn(server, adminLogin, access.demoPassword ?? '')

  const list = await admin.get(`/admin/payments?state=completed&search=${inn}`)
  assert.ok(list.body.includes(id))
  assert.ok(!(await admin.get('/admin/payments?state=refused')).body.includes(id))
  const page = await admin.get(`/admin/payments/${id}`)
  assert.match(page.body, /1\u00a0234\.56 rubles/)
  assert.match(page.body, /&lt;b&gt;pages/)

  assert.equal(
    (await admin.send(`/admin/payments/${id}/annul`, { reason: 'whim' })).statusCode,
    400,
  )
  assert.equal((await admin.send(`/admin/payments/${id}/retry`)).statusCode, 409)
  const annulled = await admin.send(`/admin/payments/${id}/annul`, { reason: 'refund' })
  assert.equal(annulled.statusCode, 303, annulled.body)
  assert.deepEqual(await fixture.rows('SELECT state FROM payments WHERE id = $1', id), [
    { state: 'annulled' },
  ])
  const entries = await fixture.rows(
    'SELECT login, action FROM audit_log WHERE subject = $1',
    `payment ${id}`,
  )
  assert.deepEqual(entries, [{ login: adminLogin, action: 'receipt annulled' }])
  for (const unknown of ['1', "' OR 1=1", '00000000-0000-4000-8000-000000000000']) {
    const { statusCode } = await admin.get(`/admin/payments/${encodeURIComponent(unknown)}`)
    assert.equal(statusCode, 404)
  }
  await fixture.close()
})

for (const kind of await everyDatabase()) {
  test(`what is done to a payment and who did it are stored together, on ${kind.name}`, {
    skip: kind.skip,
  }, async () => {
    const database = await kind.create()
    const fixture = await ServiceFixture.open({
      databaseUrl: database.url,
      payments: { retryMs: 3_600_000, answerMs: 0 },
    })
    const { server, access } = fixture.service
    const client = new PaymentClient(fixture)
    const admin = await PanelVisitor.loggedIn(server, adminLogin, access.demoPassword ?? '')
    const inn = await registeredInn(fixture)
    const completed = (await client.pay({ inn })).body.id
    await untilState(client, completed, 'completed')
    fixture.neighbours.bank.change({ mode: 'error' })
    const waiting = (await client.pay({ inn })).body.id
    await untilPostponed(client, waiting)

    await admin.get('/admin/payments')
    await fixture.rows(
      `CREATE FUNCTION refuse_audit() RETURNS trigger LANGUAGE plpgsql
         AS $$ BEGIN RAISE EXCEPTION 'no audit'; END $$`,
    )
    await fixture.rows(
      'CREATE TRIGGER refuse_audit BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION refuse_audit()',
    )
    const annul = () => admin.send(`/admin/payments/${completed}/annul`, { reason: 'refund' })
    const retry = () => admin.send(`/admin/payments/${waiting}/retry`)
    assert.equal((await annul()).statusCode, 500)
    assert.equal((await retry()).statusCode, 500)
    assert.equal((await client.get(completed)).body.state, 'completed')
    assert.ok(!(await client.eventsOf(waiting)).includes('hastened'))

    await fixture.rows('DROP TRIGGER refuse_audit ON audit_log')
    fixture.neighbours.bank.change({ mode: 'answer' })
    assert.equal((await annul()).statusCode, 303)
    assert.equal((await annul()).statusCode, 303, 'again changes nothing')
    assert.equal((await retry()).statusCode, 303)
    await untilState(client, waiting, 'completed')
    await untilState(client, completed, 'annulled')
    const entries = await fixture.rows(
      "SELECT action, subject FROM audit_log WHERE subject LIKE 'payment %' ORDER BY id",
    )
    assert.deepEqual(entries, [
      { action: 'receipt annulled', subject: `payment ${completed}` },
      { action: 'payment retried', subject: `payment ${waiting}` },
    ])
    await fixture.close()
    await database.drop()
  })
}

async function untilState(client: PaymentClient, id: string, state: string): Promise<void> {
  while ((await client.get(id)).body.state !== state) await nextTurn()
}

async function untilPostponed(client: PaymentClient, id: string): Promise<void> {
  while (!(await client.eventsOf(id)).includes('postponed')) await nextTurn()
}
