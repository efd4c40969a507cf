import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adminLogin } from '../../src/access/panel-users.ts'
import { registeredInn } from '../support/inns.ts'
import { PanelVisitor } from '../support/panel-visitor.ts'
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
