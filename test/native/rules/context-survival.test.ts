import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { test } from 'node:test'
import { runScript } from '../../core/script.ts'
import { collectFull, collectMinor, makeGarbage } from '../../support/garbage.ts'
import { Coroutine } from '../../support/raw-coroutine.ts'
import { finish, withoutLeaks } from '../../support/suspended.ts'

interface Store {
  tag: number
  text: string
  list: number[]
}

const storage = new AsyncLocalStorage<Store>()
const store = (tag: number): Store => ({ tag, text: `text${tag}`, list: [tag, tag + 1] })

// The scavenger visits the slot of the context once for every archived thread: a young value would be
// moved twice.
test('the context of the main stack survives minor collections while coroutines are suspended', () => {
  withoutLeaks(() => {
    // Woken each time, so that they count as suspended lately, which a collection visits.
    let isOver = false
    const suspended = Array.from(
      { length: 4 },
      () =>
        new Coroutine(() => {
          while (!isOver) Coroutine.suspend()
        }),
    )
    const neighbours: object[] = []
    for (let tag = 0; tag < 1500; tag++) {
      for (const coroutine of suspended) coroutine.resume()
      storage.run(store(tag), () => {
        // They survive, too, and take the places to which a value that moves twice would go.
        for (let index = 0; index < 50; index++) neighbours[index] = store(tag + index)
        collectMinor()
        assert.deepEqual(storage.getStore(), store(tag))
        for (let index = 0; index < 50; index++) {
          assert.deepEqual(neighbours[index], store(tag + index))
        }
      })
    }
    isOver = true
    for (const coroutine of suspended) finish(coroutine)
  })
})

test('a young context of a suspended coroutine survives collections', () => {
  withoutLeaks(() => {
    const coroutines = Array.from(
      { length: 20 },
      (_, tag) =>
        new Coroutine(() => {
          storage.run(store(tag), () => {
            for (let round = 0; round < 6; round++) {
              Coroutine.suspend()
              assert.deepEqual(storage.getStore(), store(tag))
              storage.run(store(tag + 1000), () => {
                Coroutine.suspend()
                assert.deepEqual(storage.getStore(), store(tag + 1000))
              })
            }
          })
        }),
    )
    for (let round = 0; coroutines.some((coroutine) => !coroutine.isDone); round++) {
      for (const coroutine of coroutines) if (!coroutine.isDone) coroutine.resume()
      makeGarbage(500)
      if (round % 3 === 2) collectFull()
      else collectMinor()
      assert.equal(storage.getStore(), undefined)
    }
  })
})

test('a context that a coroutine enters does not leak to whoever resumed it', () => {
  withoutLeaks(() => {
    const coroutine = new Coroutine(() => {
      storage.enterWith(store(1))
      Coroutine.suspend()
      assert.deepEqual(storage.getStore(), store(1))
    })
    storage.run(store(2), () => {
      coroutine.resume()
      assert.deepEqual(storage.getStore(), store(2))
    })
    assert.equal(storage.getStore(), undefined)
    finish(coroutine)
    assert.equal(storage.getStore(), undefined)
  })
})

test('contexts stay apart over transfers and nested resumes', () => {
  withoutLeaks(() => {
    const inContext = (tag: number, body: () => void): Coroutine =>
      new Coroutine(() =>
        storage.run(store(tag), () => {
          body()
          assert.deepEqual(storage.getStore(), store(tag))
        }),
      )
    const last = inContext(3, () => Coroutine.suspend())
    const middle = inContext(2, () => Coroutine.transferTo(last))
    const first = inContext(1, () => {
      middle.resume()
      assert.deepEqual(storage.getStore(), store(1))
      Coroutine.suspend()
    })
    first.resume()
    assert.equal(storage.getStore(), undefined)
    for (const coroutine of [last, middle, first]) finish(coroutine)
  })
})

test('what follows in promises keeps the context in which it was made', async () => {
  const seen: (number | undefined)[] = []
  const settled: Promise<void>[] = []
  const look = (): void => {
    settled.push(Promise.resolve().then(() => void seen.push(storage.getStore()?.tag)))
  }
  withoutLeaks(() => {
    const coroutine = new Coroutine(() =>
      storage.run(store(7), () => {
        look()
        Coroutine.suspend()
        look()
      }),
    )
    finish(coroutine)
  })
  await Promise.all(settled)
  assert.deepEqual(seen, [7, 7])
})

test('the async context survives collections in a program that has loaded the library and started no thread', async () => {
  const program = `
    await import('greenthreads')
    const { AsyncLocalStorage } = await import('node:async_hooks')
    const storage = new AsyncLocalStorage()
    let garbage
    const names = new Set()
    for (let i = 0; i < 300; i++) {
      // The context is young when the collection comes.
      await storage.run({ name: 'kept' }, async () => {
        garbage = []
        for (let j = 0; j < 20_000; j++) garbage.push({ i, j })
        await null
        names.add(storage.getStore().name)
      })
    }
    console.log([...names].join())`
  // A context that is moved twice is not always noticed.
  const runs = await Promise.all(Array.from({ length: 6 }, () => runScript(program)))
  for (const { code, signal, stdout } of runs) {
    assert.deepEqual({ code, signal, stdout }, { code: 0, signal: null, stdout: 'kept\n' })
  }
})
