import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { test } from 'node:test'
import fc from 'fast-check'
import type { AdmissionRefusedError } from 'greenthreads'
import { Admission, type AdmissionOptions } from 'greenthreads/http'
import { useVirtualClock } from 'greenthreads/testing'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** One who asks to be served, and what became of it. */
class Visitor {
  state: 'waiting' | 'served' | 'refused' = 'waiting'
  error: AdmissionRefusedError | undefined
  readonly leave: () => void

  constructor(admission: Admission, route: string | undefined, onServed = (): void => {}) {
    const entry = admission.enter(
      route,
      () => {
        this.state = 'served'
        onServed()
      },
      (error) => {
        this.state = 'refused'
        this.error = error
      },
    )
    this.leave = () => entry.leave()
  }
}

function visitors(admission: Admission, ...routes: string[]): Visitor[] {
  return routes.map((route) => new Visitor(admission, route))
}

const statesOf = (list: Visitor[]): string => list.map(({ state }) => state[0]).join('')

test('whoever finds room is served at once, the next wait, and the rest are refused', () => {
  const admission = new Admission({ maxConcurrent: 2, maxQueue: 2, perRouteShare: 1 })
  const all = visitors(admission, 'a', 'a', 'a', 'a', 'a')
  assert.equal(statesOf(all), 'sswwr')
  const { error } = all[4] as Visitor
  assert.equal(error?.code, 'ERR_GT_ADMISSION_REFUSED')
  assert.equal(error.statusCode, 429)
  assert.equal(error.reason, 'queue-full')
  assert.match(error.message, /2 are being served and 2 wait, of a 2 and 2\. Come again in 1 s/)
})

test('one route takes no more than its share of the places and of the queue', () => {
  const admission = new Admission({ maxConcurrent: 4, maxQueue: 2 })
  assert.equal(statesOf(visitors(admission, 'slow', 'slow', 'slow', 'slow')), 'sswr')
  assert.equal(statesOf(visitors(admission, 'front', 'front', 'front', 'front')), 'sswr')
})

test('every route has one place at least', () => {
  const admission = new Admission({ maxConcurrent: 1, maxQueue: 1, perRouteShare: 0.1 })
  assert.equal(statesOf(visitors(admission, 'a', 'b', 'b')), 'swr')
})

test('requests without a route share everything', () => {
  const admission = new Admission({ maxConcurrent: 2, maxQueue: 0 })
  const all = [1, 2, 3].map(() => new Visitor(admission, undefined))
  assert.equal(statesOf(all), 'ssr')
})

test('whoever has waited longest is next, but not of a route that has its share', async () => {
  const admission = new Admission({ maxConcurrent: 4, maxQueue: 8 })
  const [slow, , third, fourth] = visitors(admission, 'slow', 'slow', 'slow', 'slow')
  const [front, , waiting] = visitors(admission, 'front', 'front', 'other')
  front?.leave()
  await turn()
  assert.equal(statesOf([third, fourth, waiting] as Visitor[]), 'wws')
  slow?.leave()
  await turn()
  assert.equal(statesOf([third, fourth] as Visitor[]), 'sw')
})

test('the time in the queue is limited', async () => {
  using clock = useVirtualClock()
  const options = { maxConcurrent: 1, maxQueue: 4, queueTimeoutMs: 500, retryAfterMs: 2500 }
  const admission = new Admission(options)
  const [served, first] = visitors(admission, 'a', 'b') as [Visitor, Visitor]
  await clock.advance(499)
  const second = new Visitor(admission, 'c')
  assert.equal(first.state, 'waiting')
  await clock.advance(1)
  assert.equal(first.state, 'refused')
  assert.equal(first.error?.reason, 'queue-timeout')
  assert.equal(first.error.retryAfterSeconds, 3)
  served.leave()
  await turn()
  assert.equal(second.state, 'served')
  await clock.advance(1000)
  assert.equal(second.state, 'served')
  assert.equal(clock.pending, 0)
})

test('a place in the queue that was left is free, and its visitor hears nothing more', async () => {
  using clock = useVirtualClock()
  const admission = new Admission({ maxConcurrent: 1, maxQueue: 1, perRouteShare: 1 })
  const [served, gone] = visitors(admission, 'a', 'a') as [Visitor, Visitor]
  gone.leave()
  const next = new Visitor(admission, 'a')
  served.leave()
  await turn()
  assert.equal(statesOf([gone, next]), 'ws')
  await clock.advance(10_000)
  assert.equal(gone.state, 'waiting')
  assert.equal(admission.snapshot().routes[0]?.abandoned, 1)
})

test('leaving twice frees one place', async () => {
  const admission = new Admission({ maxConcurrent: 1, maxQueue: 2, perRouteShare: 1 })
  const all = visitors(admission, 'a', 'a', 'a')
  all[0]?.leave()
  all[0]?.leave()
  await turn()
  assert.equal(statesOf(all), 'ssw')
  assert.equal(admission.snapshot().running, 1)
})

test('one that leaves between its turn and its start never starts, and its place is not lost', async () => {
  const admission = new Admission({ maxConcurrent: 1, maxQueue: 2, perRouteShare: 1 })
  const all = visitors(admission, 'a', 'a', 'a')
  all[0]?.leave()
  all[1]?.leave()
  await turn()
  assert.equal(statesOf(all), 'sws')
})

test('those who waited start in the async context in which they came', async () => {
  const storage = new AsyncLocalStorage<string>()
  const admission = new Admission({ maxConcurrent: 1, perRouteShare: 1 })
  const seen: (string | undefined)[] = []
  const come = (): Visitor => new Visitor(admission, 'a', () => seen.push(storage.getStore()))
  const first = storage.run('first', come)
  storage.run('second', come)
  storage.run('first', () => first.leave())
  await turn()
  assert.deepEqual(seen, ['first', 'second'])
})

test('limits that change let those in who wait, and send nobody away', async () => {
  const admission = new Admission({ maxConcurrent: 1, perRouteShare: 1 })
  const all = visitors(admission, 'a', 'a')
  admission.change({ maxConcurrent: Number.POSITIVE_INFINITY, maxQueue: 0 })
  await turn()
  assert.equal(statesOf(all), 'ss')
  admission.change({ maxConcurrent: 1 })
  assert.equal(new Visitor(admission, 'a').state, 'refused')
  assert.equal(admission.snapshot().running, 2)
})

test('the snapshot tells what goes on and what was', async () => {
  using clock = useVirtualClock()
  const admission = new Admission({ maxConcurrent: 2, maxQueue: 2, queueTimeoutMs: 100 })
  visitors(admission, 'a', 'a', 'a', 'b')
  await clock.advance(100)
  visitors(admission, 'a')
  const { running, queued, options, routes } = admission.snapshot()
  assert.deepEqual({ running, queued }, { running: 2, queued: 1 })
  assert.equal(options.perRouteShare, 0.5)
  assert.deepEqual(routes, [
    {
      route: 'a',
      running: 1,
      queued: 1,
      admitted: 1,
      refused: { 'queue-full': 1, 'queue-timeout': 1 },
      abandoned: 0,
    },
    {
      route: 'b',
      running: 1,
      queued: 0,
      admitted: 1,
      refused: { 'queue-full': 0, 'queue-timeout': 0 },
      abandoned: 0,
    },
  ])
})

for (const [name, value] of [
  ['maxConcurrent', 0],
  ['maxConcurrent', 1.5],
  ['maxQueue', -1],
  ['queueTimeoutMs', -1],
  ['perRouteShare', 0],
  ['perRouteShare', 1.01],
  ['retryAfterMs', Number.NaN],
] as const) {
  test(`${name} can't be ${value}`, () => {
    const options: AdmissionOptions = { maxConcurrent: 10, [name]: value }
    const refused = { code: 'ERR_GT_INVALID_ARGUMENT', message: new RegExp(`^${name} `) }
    assert.throws(() => new Admission(options), refused)
    assert.throws(() => new Admission({ maxConcurrent: 1 }).change(options), refused)
  })
}

test('whatever comes and goes: no limit is exceeded, nobody overtakes, no place stays empty', async () => {
  const step = fc.oneof(
    fc.record({ enter: fc.constantFrom('a', 'b', 'c') }),
    fc.record({ leave: fc.nat({ max: 20 }) }),
  )
  const limits = fc.record({
    maxConcurrent: fc.integer({ min: 1, max: 6 }),
    maxQueue: fc.nat({ max: 6 }),
    perRouteShare: fc.constantFrom(0.25, 0.5, 1),
  })
  await fc.assert(
    fc.asyncProperty(limits, fc.array(step, { maxLength: 60 }), async (options, steps) => {
      using _clock = useVirtualClock()
      const admission = new Admission(options)
      const present: { route: string; visitor: Visitor }[] = []
      for (const { enter: route, leave } of steps as { enter?: string; leave?: number }[]) {
        if (route !== undefined) present.push({ route, visitor: new Visitor(admission, route) })
        else present.splice(leave ?? 0, 1)[0]?.visitor.leave()
        await turn()
        const of = (state: string, ofRoute?: string): number =>
          present.filter(
            (one) => one.visitor.state === state && (ofRoute ?? one.route) === one.route,
          ).length
        const share = Math.max(1, Math.floor(options.maxConcurrent * options.perRouteShare))
        assert.ok(of('served') <= options.maxConcurrent)
        assert.ok(of('waiting') <= options.maxQueue)
        for (const name of ['a', 'b', 'c']) {
          assert.ok(of('served', name) <= share)
          const states = present.filter((one) => one.route === name).map((one) => one.visitor.state)
          const waits = states.indexOf('waiting')
          assert.ok(waits === -1 || !states.slice(waits).includes('served'), 'nobody overtakes')
          const hasRoom = of('served') < options.maxConcurrent && of('served', name) < share
          assert.ok(!hasRoom || of('waiting', name) === 0, 'no place stays empty')
        }
        const snapshot = admission.snapshot()
        assert.equal(snapshot.running, of('served'))
        assert.equal(snapshot.queued, of('waiting'))
      }
    }),
    { numRuns: 100 },
  )
})
