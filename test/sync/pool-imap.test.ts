import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Pool, shield, sleep, spawn, wait } from 'greenthreads'
import { assertNoThreadsLeft, untilParked, useVirtualClock } from 'greenthreads/testing'
import { never } from '../core/deferred.ts'

after(() => assertNoThreadsLeft())

test('imap gives results in order while the calls run ahead, as far as they may', async () => {
  const pool = new Pool(2)
  const started: number[] = []
  const thread = spawn(() => {
    const seen: number[] = []
    const items = Array.from({ length: 10 }, (_, index) => index)
    const results = pool.imap(
      items,
      (item) => {
        started.push(item)
        return wait(Promise.resolve(item * 2))
      },
      { ahead: 3 },
    )
    assert.deepEqual(started, [], 'nothing starts before the first step')
    for (const result of results) {
      seen.push(result)
      wait(untilParked())
      assert.ok(started.length <= seen.length + 3, `${started.length} after ${seen.length}`)
    }
    return seen
  })
  assert.deepEqual(await thread, [0, 2, 4, 6, 8, 10, 12, 14, 16, 18])
  assert.equal(pool.active, 0)
})

test('imap takes no more of an endless source than it may', async () => {
  let taken = 0
  function* endless(): Generator<number> {
    for (;;) yield taken++
  }
  const pool = new Pool(2)
  const first = await spawn(() => {
    for (const result of pool.imap(endless(), (item) => item)) if (result === 10) return result
    return -1
  })
  assert.equal(first, 10)
  assert.ok(taken <= 10 + 1 + 4 + 1, `${taken}`)
})

test('imapUnordered gives results as they become known', async () => {
  using clock = useVirtualClock()
  const pool = new Pool(3)
  const thread = spawn(() => {
    const results = pool.imapUnordered([30, 10, 20, 5], (ms) => {
      sleep(ms)
      return ms
    })
    return [...results]
  })
  await clock.advance(100)
  assert.deepEqual(await thread, [10, 5, 20, 30])
})

test('leaving the loop over imap cancels what is under way and waits for its end', async () => {
  const pool = new Pool(3)
  let ended = 0
  const thread = spawn(() => {
    for (const result of pool.imapUnordered([0, 1, 2], (item) => {
      if (item === 0) return item
      try {
        return wait(never)
      } finally {
        shield(() => wait(untilParked()))
        ended++
      }
    })) {
      assert.equal(result, 0)
      break
    }
    return ended
  })
  assert.equal(await thread, 2)
  assert.equal(pool.active, 0)
})

test('an error in imap is thrown after the results that lie ready, and ends the loop for good', async () => {
  const pool = new Pool(2)
  const thread = spawn(() => {
    const results = pool.imap([1, 2, 3], (item) => {
      wait(Promise.resolve())
      if (item === 2) throw new Error('bad item')
      return item
    })
    assert.equal(results.next().value, 1)
    assert.throws(() => results.next(), /bad item/)
    assert.deepEqual(results.next(), { done: true, value: undefined })
  })
  await thread
  assert.equal(pool.active, 0)
})

test('an iterator that is not used further leaves no thread behind', async () => {
  const pool = new Pool(2)
  const results = await spawn(() => {
    const iterator = pool.imap([1, 2, 3, 4, 5, 6, 7], (item) => wait(Promise.resolve(item)))
    iterator.next()
    return iterator
  })
  await untilParked()
  assert.equal(pool.active, 0)
  results[Symbol.dispose]()
  assert.deepEqual(results.next(), { done: true, value: undefined })
})

test('imap by a thread of a full pool gets on', async () => {
  const pool = new Pool(1)
  const thread = pool.spawn(() => [...pool.imap([1, 2, 3], (item) => wait(Promise.resolve(item)))])
  assert.deepEqual(await thread, [1, 2, 3])
})

test('10,000 results are taken from imap one by one', async () => {
  const pool = new Pool(4)
  const count = await spawn(() => {
    let expected = 0
    const items = Array.from({ length: 10_000 }, (_, index) => index)
    for (const result of pool.imap(items, (item) => wait(Promise.resolve(item)))) {
      assert.equal(result, expected++)
    }
    return expected
  })
  assert.equal(count, 10_000)
})
