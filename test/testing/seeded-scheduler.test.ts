import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sleep, spawn, wait, yieldNow } from 'greenthreads'
import { untilParked, useSeededScheduler, useVirtualClock } from 'greenthreads/testing'

/** Six threads that wait in different ways; the order in which they went on. */
async function trace(seed: number): Promise<string> {
  using clock = useVirtualClock()
  using _ = useSeededScheduler(seed)
  const log: string[] = []
  const pause = [() => yieldNow(), () => wait(Promise.resolve()), () => sleep(1)]
  for (let id = 0; id < 6; id++) {
    spawn(() => {
      for (let step = 0; step < 3; step++) {
        pause[(id + step) % 3]?.()
        log.push(`${id}.${step}`)
      }
    })
  }
  await clock.advance(3)
  assert.equal(log.length, 18)
  return log.join(' ')
}

test('the same seed gives the same trace', async () => {
  for (const seed of [0, 1, 2 ** 32 - 1]) assert.equal(await trace(seed), await trace(seed))
})

test('other seeds give other traces', async () => {
  const traces = new Set<string>()
  for (let seed = 0; seed < 20; seed++) traces.add(await trace(seed))
  assert.ok(traces.size > 15, `only ${traces.size} of 20 differ`)
})

test('every order of three threads comes up', async () => {
  const orders = new Set<string>()
  for (let seed = 0; seed < 100; seed++) {
    using _ = useSeededScheduler(seed)
    let order = ''
    for (const name of ['a', 'b', 'c']) {
      spawn(() => {
        wait(Promise.resolve())
        order += name
      })
    }
    await untilParked()
    orders.add(order)
  }
  assert.deepEqual([...orders].sort(), ['abc', 'acb', 'bac', 'bca', 'cab', 'cba'])
})

test('cancelled threads get their turn by the seed as well', async () => {
  const orders = new Set<string>()
  for (let seed = 0; seed < 20; seed++) {
    using _ = useSeededScheduler(seed)
    let order = ''
    const threads = ['a', 'b'].map((name) =>
      spawn(() => {
        try {
          wait(new Promise(() => {}))
        } finally {
          order += name
        }
      }),
    )
    for (const thread of threads) thread.cancel()
    await untilParked()
    orders.add(order)
  }
  assert.deepEqual([...orders].sort(), ['ab', 'ba'])
})

test('what is ready when it is restored still goes on', async () => {
  const log: string[] = []
  {
    using _ = useSeededScheduler(1)
    for (const name of ['a', 'b', 'c']) {
      spawn(() => {
        wait(Promise.resolve())
        log.push(name)
      })
    }
    await Promise.resolve()
    await Promise.resolve()
  }
  await untilParked()
  assert.deepEqual(log.sort(), ['a', 'b', 'c'])
})

test('a seed that is none is named', () => {
  for (const seed of [-1, 0.5, 2 ** 32, Number.NaN]) {
    assert.throws(() => useSeededScheduler(seed), {
      code: 'ERR_GT_INVALID_ARGUMENT',
      message: /^seed must be an integer from 0 to 4294967295, got /,
    })
  }
})
