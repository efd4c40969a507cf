import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sleep, spawn, wait } from 'greenthreads'
import { type Scheduler, useScheduler } from 'greenthreads/lowlevel'
import { untilParked, useVirtualClock } from 'greenthreads/testing'

class LastFirst implements Scheduler {
  readonly #ready: (() => void)[] = []
  readonly ids: number[] = []
  readonly #restore = useScheduler(this)

  ready(proceed: () => void, id: number): void {
    this.#ready.push(proceed)
    this.ids.push(id)
  }

  run(): void {
    while (this.#ready.length > 0) this.#ready.pop()?.()
  }

  restore(): void {
    this.#restore()
  }
}

test('a scheduler decides in which order threads go on that could at the same time', async () => {
  const scheduler = new LastFirst()
  try {
    const log: string[] = []
    const names = ['a', 'b', 'c']
    const threads = names.map((name) =>
      spawn(() => {
        wait(Promise.resolve())
        log.push(name)
      }),
    )
    await untilParked()
    assert.deepEqual(log, [])
    assert.deepEqual(
      scheduler.ids,
      threads.map(({ id }) => id),
    )
    scheduler.run()
    assert.deepEqual(log, ['c', 'b', 'a'])
  } finally {
    scheduler.restore()
  }
})

test('a scheduler is given threads whose timer fired, which failed to wait, or which were cancelled', async () => {
  const clock = useVirtualClock()
  const scheduler = new LastFirst()
  try {
    const threads = [
      spawn(() => sleep(1)),
      spawn(() => wait(Promise.reject(new Error('refused')))),
      spawn(() => sleep(1000)),
    ] as const
    const ends = Promise.allSettled(threads)
    threads[2].cancel()
    await clock.advance(1)
    assert.deepEqual(
      scheduler.ids.toSorted((a, b) => a - b),
      threads.map(({ id }) => id),
    )
    scheduler.run()
    const outcomes = (await ends).map((end) =>
      end.status === 'fulfilled' ? 'ok' : end.reason.code,
    )
    assert.deepEqual(outcomes, ['ok', undefined, 'ERR_GT_CANCELLED'])
  } finally {
    scheduler.restore()
    clock.restore()
  }
})
