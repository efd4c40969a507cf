import assert from 'node:assert/strict'
import { constructs } from '../../support/constructs.ts'

constructs('asynchronous code', {
  'an async function before its first await': ({ id, pause }) => {
    let reached = -1
    async function run(first: number = pause(id)): Promise<void> {
      pause()
      reached = first
      await null
    }
    run()
    assert.equal(reached, id)
  },

  'the value that is awaited': ({ id, pause }) => {
    const seen: number[] = []
    const run = async (): Promise<void> => {
      seen.push(await pause(id))
    }
    run()
    assert.deepEqual(seen, [])
  },

  'the executor of a promise': ({ id, pause }) => {
    let ran = -1
    new Promise<void>((resolve) => {
      pause()
      ran = id
      resolve()
    })
    assert.equal(ran, id)
  },

  'an executor that throws': ({ id, pause }) => {
    const promise = new Promise((_resolve, reject) => {
      pause()
      reject(new Error('first'))
      throw new Error(`ignored ${id}`)
    })
    promise.catch(() => {})
    assert.ok(promise instanceof Promise)
  },

  'the then getter of a thenable': ({ id, pause }) => {
    let reads = 0
    Promise.resolve({
      // biome-ignore lint/suspicious/noThenProperty: the getter is what is tested
      get then() {
        reads++
        return pause(undefined)
      },
      id,
    })
    assert.equal(reads, 1)
  },

  'the iterator of Promise.all, race and allSettled': ({ id, pause }) => {
    function* promises(): Generator<Promise<number>> {
      yield pause(Promise.resolve(id))
      yield pause(Promise.resolve(id))
    }
    const combined = [
      Promise.all(promises()),
      Promise.race(promises()),
      Promise.allSettled(promises()),
      Promise.any(promises()),
    ]
    assert.ok(combined.every((promise) => promise instanceof Promise))
  },

  'the species and constructor of a subclass': ({ pause }) => {
    let made = 0
    class Slow<T> extends Promise<T> {
      constructor(executor: ConstructorParameters<typeof Promise<T>>[0]) {
        super(executor)
        pause()
        made++
      }
    }
    Slow.resolve(1).then(() => {})
    assert.equal(made, 2)
  },

  'an async generator before its first await': ({ id, pause }) => {
    let reached = -1
    async function* items(): AsyncGenerator<number> {
      reached = pause(id)
      yield reached
    }
    items().next()
    assert.equal(reached, id)
  },

  'async iteration that starts': ({ pause }) => {
    let started = 0
    const source = {
      [Symbol.asyncIterator]() {
        started += pause(1)
        return { next: () => pause(Promise.resolve({ done: true as const, value: undefined })) }
      },
    }
    const run = async (): Promise<void> => {
      for await (const item of source) assert.fail(`unexpected ${item}`)
    }
    run()
    assert.equal(started, 1)
  },
})
