import assert from 'node:assert/strict'
import { AsyncLocalStorage, executionAsyncId } from 'node:async_hooks'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { InvalidArgumentError, spawn, wait } from 'greenthreads'
import { Greenlet, type GreenletContext, getcurrent } from 'greenthreads/greenlet'

const storage = new AsyncLocalStorage<string>()
const main = getcurrent()

/** Switches back with the value that it sees, sets one of its own, and does so again. */
function reporter(name: string): Greenlet {
  return new Greenlet(() => {
    main.switch(storage.getStore())
    storage.enterWith(name)
    main.switch(storage.getStore())
    main.switch(storage.getStore())
    return storage.getStore()
  })
}

function seenBy(greenlet: Greenlet): unknown[] {
  const id = executionAsyncId()
  const seen = ['first', 'second', 'third', 'fourth'].map((value) =>
    storage.run(value, () => {
      const result = greenlet.switch()
      assert.equal(storage.getStore(), value)
      return result
    }),
  )
  assert.equal(executionAsyncId(), id)
  return seen
}

function made(context: GreenletContext, name: string): Greenlet {
  const greenlet = reporter(name)
  greenlet.context = context
  assert.equal(greenlet.context, context)
  return greenlet
}

test('by default it has the context of whoever switches to it first, and its own from then on', () => {
  assert.equal(new Greenlet().context, 'inherit')
  const greenlet = storage.run('creator', () => reporter('own'))
  assert.deepEqual(seenBy(greenlet), ['first', 'own', 'own', 'own'])
})

test('copy gives it the context in which it was set', () => {
  const greenlet = storage.run('creator', () => made('copy', 'own'))
  assert.deepEqual(seenBy(greenlet), ['creator', 'own', 'own', 'own'])
})

test('none gives it an empty one of its own', () => {
  const greenlets = storage.run('creator', () => [made('none', 'own'), made('none', 'other')])
  assert.deepEqual(greenlets.map(seenBy), [
    [undefined, 'own', 'own', 'own'],
    [undefined, 'other', 'other', 'other'],
  ])
})

test('share gives it that of whoever switches to it, each time', () => {
  const greenlet = storage.run('creator', () => made('share', 'own'))
  assert.deepEqual(seenBy(greenlet), ['first', 'own', 'third', 'fourth'])
})

for (const context of ['inherit', 'copy', 'none', 'share'] as const) {
  const what = context === 'share' ? 'pass on the context' : 'keep their contexts'
  test(`greenlets that switch to each other in the middle of run() ${what}, mode ${context}`, () => {
    const seen: unknown[] = []
    const ring: Greenlet[] = []
    for (let i = 0; i < 3; i++) {
      const greenlet = new Greenlet(() => {
        for (let round = 0; round < 4; round++) {
          storage.run(`${i}.${round}`, () => {
            ring[(i + 1) % 3]?.switch()
            seen.push(storage.getStore() === `${i}.${round}`)
          })
        }
      })
      greenlet.context = context
      ring.push(greenlet)
    }
    storage.run('main', () => {
      for (const greenlet of ring) greenlet.switch()
      while (ring.some(({ isActive }) => isActive)) ring.find(({ isActive }) => isActive)?.switch()
      assert.equal(storage.getStore(), 'main')
    })
    assert.deepEqual(seen, Array(12).fill(context !== 'share'))
  })
}

test('one that was first entered from the main stack has its own context when another switches to it', () => {
  const inner = new Greenlet(() => {
    for (;;) (getcurrent() as Greenlet & { from: Greenlet }).from.switch(storage.getStore())
  }) as Greenlet & { from: Greenlet }
  inner.from = main
  assert.equal(
    storage.run('inner', () => inner.switch()),
    'inner',
  )
  const outer = new Greenlet(() => {
    inner.from = getcurrent()
    return [inner.switch(), storage.getStore(), inner.switch(), executionAsyncId()]
  })
  const [first, own, second, id] = storage.run('outer', () => outer.switch()) as unknown[]
  assert.deepEqual([first, own, second], ['inner', 'outer', 'inner'])
  assert.notEqual(id, executionAsyncId())
})

test('contexts survive waits, errors and the ends of others', async () => {
  const body = (name: string): unknown => {
    const home = getcurrent()
    const child = new Greenlet(() => {
      assert.equal(storage.getStore(), name)
      storage.enterWith(`${name} child`)
      wait(turn())
      assert.equal(storage.getStore(), `${name} child`)
      try {
        home.switch()
      } finally {
        assert.equal(storage.getStore(), `${name} child`)
        wait(Promise.resolve())
        assert.equal(storage.getStore(), `${name} child`)
      }
    })
    child.switch()
    assert.equal(storage.getStore(), name)
    assert.throws(() => child.throw(new RangeError('x')), RangeError)
    assert.equal(storage.getStore(), name)
    wait(turn())
    return storage.getStore()
  }
  const names = Array.from({ length: 50 }, (_, i) => `thread ${i}`)
  const threads = names.map((name) => storage.run(name, () => spawn(body, name)))
  assert.deepEqual(await Promise.all(threads), names)
})

test('the context is one of four, and set before the start', () => {
  const greenlet = new Greenlet(() => main.switch())
  assert.throws(() => Reflect.set(greenlet, 'context', 'empty'), InvalidArgumentError)
  greenlet.switch()
  assert.throws(() => Reflect.set(greenlet, 'context', 'none'), { code: 'ERR_GT_GREENLET_STARTED' })
  assert.throws(() => Reflect.set(main, 'context', 'none'), { code: 'ERR_GT_GREENLET_MAIN' })
  greenlet.switch()
})
