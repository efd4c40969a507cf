import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, describe, test } from 'node:test'
import type { Mode } from '../../simulator/behaviour.ts'
import type { ErrorBody } from '../../src/http/error-reply.ts'
import { modes } from '../../src/modes/mode-meanings.ts'
import {
  type Answer,
  ServiceFixture,
  statusFreshMs,
  untouchedInn,
} from '../support/service-fixture.ts'

const taxTimeoutMs = 1000

interface Failure {
  readonly mode: Mode
  readonly code: string
  readonly message: RegExp
  readonly retryAfter?: string
}

const failures: readonly Failure[] = [
  { mode: 'error', code: 'TAX_AUTHORITY_FAILED', message: /HTTP 500/ },
  { mode: 'busy', code: 'TAX_AUTHORITY_FAILED', message: /HTTP 429/, retryAfter: '7' },
  { mode: 'garbage', code: 'TAX_AUTHORITY_ANSWER_INVALID', message: /not JSON/ },
  { mode: 'nonsense', code: 'TAX_AUTHORITY_ANSWER_INVALID', message: /boolean `status`/ },
  { mode: 'flood', code: 'TAX_AUTHORITY_ANSWER_INVALID', message: /too long/ },
  { mode: 'drop', code: 'TAX_AUTHORITY_UNREACHABLE', message: /could not be reached/ },
  { mode: 'hang', code: 'TAX_AUTHORITY_TIMEOUT', message: new RegExp(`${taxTimeoutMs} ms`) },
  {
    mode: 'stall',
    code: 'TAX_AUTHORITY_TIMEOUT',
    message: new RegExp(`${taxTimeoutMs} ms`),
  },
]

for (const serviceMode of modes) {
  describe(`when the tax authority, in the service's mode ${serviceMode},`, () => {
    let fixture: ServiceFixture

    before(async () => {
      fixture = await ServiceFixture.open({ taxTimeoutMs, mode: serviceMode })
    })
    after(() => fixture.close())

    for (const { mode, code, message, retryAfter = '5' } of failures) {
      test(`is in the mode ${mode}, the answer is 503 and nothing is stored`, async () => {
        const inn = untouchedInn()
        fixture.simulator.change({ mode })
        const answer = await fixture.problem(inn)
        fixture.simulator.change({ mode: 'answer' })
        assertUnavailable(answer, code, message)
        assert.equal(answer.headers['retry-after'], retryAfter)
        await assertNothingStored(fixture, inn)
        assert.equal((await fixture.status(inn)).statusCode, 200)
      })
    }

    test('is down, the answer is 503 until it is back', async () => {
      const inn = untouchedInn()
      const port = Number(new URL(fixture.simulator.url).port)
      await fixture.simulator.close()
      const answer = await fixture.problem(inn)
      await fixture.simulator.listen(port)
      assertUnavailable(answer, 'TAX_AUTHORITY_UNREACHABLE', /could not be reached/)
      await assertNothingStored(fixture, inn)
      assert.equal((await fixture.status(inn)).statusCode, 200)
    })

    test('fails, a status that is no longer fresh is not given instead, and stays as it was', async () => {
      const inn = untouchedInn()
      const first = await fixture.status(inn)
      fixture.advance(statusFreshMs)
      fixture.simulator.change({ mode: 'error' })
      assert.equal((await fixture.problem(inn)).statusCode, 503)
      fixture.simulator.change({ mode: 'answer' })
      const stored = await fixture.rows('SELECT checked_at FROM tax_statuses WHERE inn = $1', inn)
      assert.deepEqual(stored, [{ checked_at: new Date(first.body.checkedAt) }])
    })

    test('keeps silent, the question is withdrawn with the answer 503', async () => {
      const { abandoned } = fixture.simulator.counts
      fixture.simulator.change({ mode: 'hang' })
      const ended = once(fixture.simulator.events, 'end')
      assert.equal((await fixture.problem(untouchedInn())).statusCode, 503)
      await ended
      fixture.simulator.change({ mode: 'answer' })
      assert.equal(fixture.simulator.counts.abandoned, abandoned + 1)
      assert.equal(fixture.simulator.counts.underWay, 0)
    })
  })
}

function assertUnavailable(answer: Answer<ErrorBody>, code: string, message: RegExp): void {
  assert.equal(answer.statusCode, 503)
  assert.equal(answer.body.error.code, code)
  assert.match(answer.body.error.message, message)
}

async function assertNothingStored(fixture: ServiceFixture, inn: string): Promise<void> {
  assert.deepEqual(await fixture.rows('SELECT 1 FROM tax_checks WHERE inn = $1', inn), [])
  assert.deepEqual(await fixture.rows('SELECT 1 FROM tax_statuses WHERE inn = $1', inn), [])
}
