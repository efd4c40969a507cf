import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Cancelled, Semaphore, spawn } from 'greenthreads'
import { untilParked, useVirtualClock } from 'greenthreads/testing'

// A semaphore against a model of a few lines: a number and a list.

type Step =
  | { do: 'acquire' | 'acquireAsync'; timeoutMs: number }
  | { do: 'release'; count: number }
  | { do: 'giveUp'; who: number }
  | { do: 'settle' }
  | { do: 'advance'; ms: number }

const timeoutMs = fc.constantFrom(0, 1, 5, 10, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constantFrom('acquire', 'acquireAsync'), timeoutMs }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('release' as const),
      count: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('giveUp' as const), who: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('settle' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      ms: fc.integer({ min: 1, max: 6 }),
    }),
  },
) as fc.Arbitrary<Step>

type Outcome = 'acquired' | 'late' | 'gave up'

/** What became of each call; absent while it waits. */
type Outcomes = Map<number, Outcome>

class Model {
  readonly outcomes: Outcomes = new Map()
  available: number
  waiters: { call: number; until: number }[] = []
  #now = 0

  constructor(permits: number) {
    this.available = permits
  }

  acquire(call: number, limitMs: number): void {
    if (this.available > 0) {
      this.available--
      this.outcomes.set(call, 'acquired')
    } else if (limitMs === 0) this.outcomes.set(call, 'late')
    else this.waiters.push({ call, until: this.#now + limitMs })
  }

  release(count: number): void {
    const served = this.waiters.splice(0, count)
    this.available += count - served.length
    for (const { call } of served) this.outcomes.set(call, 'acquired')
  }

  giveUp(call: number): void {
    this.#leave('gave up', (waiter) => waiter.call === call)
  }

  advance(ms: number): void {
    this.#now += ms
    this.#leave('late', ({ until }) => until <= this.#now)
  }

  #leave(outcome: Outcome, isLeaving: (waiter: { call: number; until: number }) => boolean): void {
    for (const { call } of this.waiters.filter(isLeaving)) this.outcomes.set(call, outcome)
    this.waiters = this.waiters.filter((waiter) => !isLeaving(waiter))
  }
}

class Subject {
  readonly outcomes: Outcomes = new Map()
  readonly semaphore: Semaphore
  readonly #cancel = new Map<number, () => void>()

  constructor(permits: number) {
    this.semaphore = new Semaphore(permits)
  }

  acquire(call: number, limitMs: number): void {
    const thread = spawn(() => this.semaphore.acquire(limitMs))
    this.#cancel.set(call, () => thread.cancel())
    this.#note(call, thread)
  }

  acquireAsync(call: number, limitMs: number): void {
    const controller = new AbortController()
    const { signal } = controller
    this.#cancel.set(call, () => controller.abort())
    this.#note(call, this.semaphore.acquireAsync({ timeoutMs: limitMs, signal }))
  }

  giveUp(call: number): void {
    this.#cancel.get(call)?.()
  }

  #note(call: number, end: PromiseLike<boolean>): void {
    end.then(
      (isAcquired) => this.outcomes.set(call, isAcquired ? 'acquired' : 'late'),
      (error) => {
        assert.ok(error instanceof Cancelled || (error as Error).name === 'AbortError')
        this.outcomes.set(call, 'gave up')
      },
    )
  }
}

test('random calls end as in the model, and no permit is lost or doubled', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(2), fc.array(step, { maxLength: 40 }), async (permits, steps) => {
      using clock = useVirtualClock()
      const model = new Model(permits)
      const subject = new Subject(permits)
      for (const [call, taken] of steps.entries()) {
        if (taken.do === 'acquire' || taken.do === 'acquireAsync') {
          model.acquire(call, taken.timeoutMs)
          subject[taken.do](call, taken.timeoutMs)
        } else if (taken.do === 'release') {
          model.release(taken.count)
          subject.semaphore.release(taken.count)
        } else if (taken.do === 'giveUp') {
          model.giveUp(call - taken.who)
          subject.giveUp(call - taken.who)
        } else if (taken.do === 'advance') {
          model.advance(taken.ms)
          await clock.advance(taken.ms)
        } else {
          await untilParked()
        }
        assert.equal(subject.semaphore.available, model.available)
        assert.equal(subject.semaphore.waiting, model.waiters.length)
      }
      await untilParked()
      assert.deepEqual([...subject.outcomes].sort(), [...model.outcomes].sort())
      for (const { call } of model.waiters) subject.giveUp(call)
      await untilParked()
      assert.equal(subject.semaphore.waiting, 0)
      assert.equal(clock.pending, 0)
    }),
    { numRuns: 300 },
  )
})
