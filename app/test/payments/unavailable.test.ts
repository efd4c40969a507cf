import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { registeredInn } from '../support/inns.ts'
import { PaymentClient } from '../support/payment-client.ts'
import { ServiceFixture } from '../support/service-fixture.ts'

describe('a payment, while a neighbour', () => {
  let fixture: ServiceFixture
  let client: PaymentClient

  before(async () => {
    // The answer does not wait for the end, which comes with the next try but not before it is asked for.
    fixture = await ServiceFixture.open({
      payments: { answerMs: 0, retryMs: 3_600_000, mostRetryMs: 3_600_000 },
    })
    client = new PaymentClient(fixture)
  })
  after(() => fixture.close())

  for (const [name, neighbour, state, problem] of [
    ['the tax authority', 'taxAuthority', 'created', 'TAX_AUTHORITY_FAILED'],
    ['the bank', 'bank', 'checked', 'BANK_FAILED'],
    ['the notification service', 'notifications', 'receipted', 'NOTIFICATION_SERVICE_FAILED'],
  ] as const) {
    test(`fails, here ${name}, is accepted, and goes on from where it is when that is over`, async () => {
      const inn = await registeredInn(fixture)
      fixture.neighbours[neighbour].change({ mode: 'error' })
      const { statusCode, body } = await client.pay({ inn, purpose: `without ${name}` })
      assert.equal(statusCode, 202)
      while (!(await client.eventsOf(body.id)).includes('postponed')) await nextTurn()
      const waiting = (await client.get(body.id)).body
      assert.deepEqual([waiting.state, waiting.lastProblem], [state, problem])
      fixture.neighbours[neighbour].change({ mode: 'answer' })
      await fixture.rows('UPDATE payments SET claimed_until = now() WHERE id = $1', body.id)
      while ((await client.get(body.id)).body.state !== 'completed') await nextTurn()
      assert.equal(client.transfersWith(`without ${name}`).length, 1)
      assert.equal(client.receiptsOf(inn).length, 1)
    })
  }
})
