import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import type { Neighbour } from '../../simulator/neighbour.ts'
import { Neighbours } from '../../simulator/neighbours.ts'

const account = '40817810000000000001'
const receipt = {
  inn: '500100732259',
  amount: '10.00',
  purpose: 'a lesson',
  operationTime: '2030-01-01T00:00:00.000Z',
}

describe('the neighbours', () => {
  let neighbours: Neighbours

  before(async () => {
    neighbours = new Neighbours({ behaviour: { latencyMs: 0 } })
    await neighbours.listen()
  })
  after(() => neighbours.close())
  beforeEach(() => {
    for (const neighbour of neighbours.all) neighbour.change({ mode: 'answer', lossRate: 0 })
  })

  test('do once what is asked several times with one key, and give the same answer', async () => {
    for (const [neighbour, path, body] of requests(neighbours)) {
      const answers = [1, 2, 3].map(() => post(neighbour, path, 'thrice', body))
      const texts = await Promise.all(answers.map(async (answer) => (await answer).text()))
      assert.equal(new Set(texts).size, 1)
      const [lines] = Object.values(neighbour.ledger()) as [{ key: string; asked: number }[]]
      const matching = lines.filter(({ key }) => key === 'thrice')
      assert.equal(matching.length, 1)
      assert.equal(matching[0]?.asked, 3)
    }
  })

  test('refuse a key that comes with another request', async () => {
    for (const [neighbour, path, body] of requests(neighbours)) {
      await post(neighbour, path, 'reused', body)
      const other = Object.fromEntries(Object.keys(body).map((name) => [name, '12']))
      const answer = await post(neighbour, path, 'reused', other)
      assert.equal(answer.status, 409)
      assert.match(await answer.text(), /reused belongs to another request/)
    }
  })

  test('refuse what has no key, or lacks a field', async () => {
    for (const [neighbour, path, body] of requests(neighbours)) {
      assert.equal((await post(neighbour, path, undefined, body)).status, 400)
      const [[name]] = Object.entries(body) as [[string, string]]
      for (const wrong of [{ ...body, [name]: undefined }, { ...body, [name]: 5 }, []]) {
        assert.equal((await post(neighbour, path, 'lacking', wrong)).status, 400)
      }
    }
  })

  for (const lossy of [{ mode: 'lose' }, { lossRate: 1 }]) {
    test(`do what they are asked although the answer is lost: ${JSON.stringify(lossy)}`, async () => {
      const key = JSON.stringify(lossy)
      for (const [neighbour, path, body] of requests(neighbours)) {
        neighbour.change(lossy)
        await assert.rejects(post(neighbour, path, key, body))
        const [lines] = Object.values(neighbour.ledger()) as [{ key: string }[]]
        assert.equal(lines.filter((line) => line.key === key).length, 1)
      }
    })
  }

  test('do nothing of what they answer with an error', async () => {
    for (const [neighbour, path, body] of requests(neighbours)) {
      for (const mode of ['error', 'busy', 'garbage', 'drop'] as const) {
        neighbour.change({ mode })
        await post(neighbour, path, mode, body).catch((error: unknown) => {
          assert.equal(mode, 'drop', String(error))
        })
        assert.doesNotMatch(JSON.stringify(neighbour.ledger()), new RegExp(`"key":"${mode}"`))
      }
    }
  })

  test('show their books', async () => {
    const { bank } = neighbours
    await post(bank, '/transfers', 'shown', { account, amount: '1.00', purpose: 'shown' })
    const shown = await (await fetch(`${bank.url}/ledger`)).json()
    assert.deepEqual(shown, bank.ledger())
    assert.match(JSON.stringify(shown), /"purpose":"shown"/)
  })

  test('refuse to pay into a closed account, each time', async () => {
    const closed = { account: `${account.slice(0, 18)}99`, amount: '1.00', purpose: 'closed' }
    for (const _time of [1, 2]) {
      const answer = await post(neighbours.bank, '/transfers', 'closed', closed)
      assert.equal(answer.status, 422)
    }
  })

  test('annul a receipt that exists, and no other', async () => {
    const { taxAuthority } = neighbours
    const registered = await post(taxAuthority, '/api/v1/receipts', 'annulled', receipt)
    const { receiptId } = (await registered.json()) as { receiptId: string }
    const path = '/api/v1/receipts/annulments'
    const done = await post(taxAuthority, path, 'known', { receiptId, reason: 'refund' })
    assert.equal(done.status, 200)
    const unknown = { receiptId: 'nothing', reason: 'refund' }
    assert.equal((await post(taxAuthority, path, 'unknown', unknown)).status, 422)
    assert.deepEqual(
      taxAuthority.ledger().annulments.map((line) => line.receiptId),
      [receiptId],
    )
  })
})

function requests({
  taxAuthority,
  bank,
  notifications,
}: Neighbours): [Neighbour, string, Record<string, string>][] {
  return [
    [taxAuthority, '/api/v1/receipts', receipt],
    [bank, '/transfers', { account, amount: '10.00', purpose: 'a lesson' }],
    [notifications, '/notifications', { phone: '+79990000000', text: 'Hello' }],
  ]
}

function post(
  neighbour: Neighbour,
  path: string,
  key: string | undefined,
  body: object,
): Promise<Response> {
  const headers = key === undefined ? {} : { 'idempotency-key': key }
  return fetch(neighbour.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
}
