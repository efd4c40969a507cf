import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { collectFull, collectMinor, makeGarbage } from '../../support/garbage.ts'
import { Coroutine } from '../../support/raw-coroutine.ts'
import { finish, suspendMany, withoutLeaks } from '../../support/suspended.ts'

const collections = { minor: collectMinor, full: collectFull }

/** Young objects that only the caller's stack refers to. */
const young = (tag: string): { tag: string; list: object[] } => ({
  tag: `${tag}!`,
  list: Array.from({ length: 20 }, (_, index) => ({ index, tag: `${tag}${index}` })),
})

function check(kept: ReturnType<typeof young>, tag: string): void {
  assert.deepEqual(kept, young(tag))
}

// The collector must know the bounds of the stack that runs: after every kind of switch.
for (const [name, collect] of Object.entries(collections)) {
  describe(`a ${name} collection finds the objects on every stack`, () => {
    test('in the first slice of a coroutine, and in the main stack after it', () => {
      withoutLeaks(() => {
        const onMain = young('main')
        const coroutine = new Coroutine(() => {
          const kept = young('first')
          makeGarbage(1000)
          collect()
          check(kept, 'first')
          Coroutine.suspend()
          collect()
          check(kept, 'first')
        })
        coroutine.resume()
        makeGarbage(1000)
        collect()
        check(onMain, 'main')
        coroutine.resume()
        collect()
        check(onMain, 'main')
      })
    })

    test('after a transfer from one coroutine to another', () => {
      withoutLeaks(() => {
        const onMain = young('main')
        const target = new Coroutine(() => {
          const kept = young('target')
          collect()
          check(kept, 'target')
          Coroutine.suspend()
          collect()
          check(kept, 'target')
        })
        const source = new Coroutine(() => {
          const kept = young('source')
          Coroutine.transferTo(target)
          collect()
          check(kept, 'source')
          Coroutine.transferTo(target)
          collect()
          check(kept, 'source')
        })
        for (let step = 0; step < 3; step++) {
          source.resume()
          makeGarbage(1000)
          collect()
          check(onMain, 'main')
        }
        assert.ok(source.isDone && target.isDone)
      })
    })

    test('after a coroutine resumed another one', () => {
      withoutLeaks(() => {
        const onMain = young('main')
        const descend = (level: number): void => {
          const kept = young(`level${level}`)
          if (level < 6) {
            const inner = new Coroutine(() => descend(level + 1))
            inner.resume()
            collect()
            check(kept, `level${level}`)
            finish(inner)
          }
          makeGarbage(500)
          collect()
          Coroutine.suspend()
          collect()
          check(kept, `level${level}`)
        }
        finish(new Coroutine(() => descend(0)))
        collect()
        check(onMain, 'main')
      })
    })

    test('after an error thrown into a coroutine, and after one was destroyed', () => {
      withoutLeaks(() => {
        const onMain = young('main')
        const [thrower, victim, survivor] = suspendMany(3) as [Coroutine, Coroutine, Coroutine]
        assert.throws(() => thrower.throwInto(new Error('out')), { message: 'out' })
        collect()
        check(onMain, 'main')
        victim.destroy()
        collect()
        check(onMain, 'main')
        assert.equal(finish(survivor), 2)
      })
    })

    test('while a thousand are suspended', () => {
      withoutLeaks(() => {
        const many = suspendMany(1000, 10)
        for (let round = 0; round < 3; round++) {
          makeGarbage(2000)
          collect()
        }
        for (const [index, coroutine] of many.entries()) assert.equal(finish(coroutine), index)
      })
    })
  })
}

test('what a finished coroutine held is collected', async () => {
  const registered = new Promise<void>((resolve) => {
    const registry = new FinalizationRegistry(() => resolve())
    const coroutine = new Coroutine(() => {
      const local = { list: new Array(100) }
      registry.register(local, 0)
      Coroutine.suspend()
      return local.list.length
    })
    assert.equal(finish(coroutine), 100)
    // A registry that is itself garbage reports nothing.
    keptRegistries.push(registry)
  })
  // Not in the turn that made the object: a turn keeps what its WeakRefs saw.
  await new Promise((resolve) => setImmediate(resolve))
  collectFull()
  await registered
})

const keptRegistries: object[] = []
