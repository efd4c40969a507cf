import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Local, spawn, toAsync, toSync, wait, withTimeout } from 'greenthreads'
import { untilParked } from 'greenthreads/testing'
import { collectFull } from '../support/garbage.ts'
import { deferred, never } from './deferred.ts'

test('each thread has its own value, and so has the main stack', async () => {
  const local = new Local<string>()
  local.set('main')
  const body = (name: string): (string | undefined)[] => {
    const before = local.get()
    local.set(name)
    wait(Promise.resolve())
    return [before, local.get()]
  }
  const threads = [spawn(body, 'a'), spawn(body, 'b')]
  assert.deepEqual(await Promise.all(threads), [
    [undefined, 'a'],
    [undefined, 'b'],
  ])
  assert.equal(local.get(), 'main')
  assert.equal(local.delete(), true)
  assert.equal(local.get(), undefined)
})

test('a first value is made per thread, and again after delete', async () => {
  let made = 0
  const local = new Local({ initial: () => ++made })
  const thread = spawn(() => {
    const first = local.get()
    wait(Promise.resolve())
    const same = local.get()
    local.delete()
    return [first, same, local.get()]
  })
  assert.deepEqual(await thread, [1, 1, 2])
  assert.equal(local.get(), 3)
})

test('undefined is a value', () => {
  const local = new Local<string | undefined>({ initial: () => 'first' })
  local.set(undefined)
  assert.equal(local.get(), undefined)
})

test('values that are deleted, and those of a Local or a thread that is gone, are not kept', async () => {
  const gate = deferred()
  const gone: string[] = []
  const registry = new FinalizationRegistry<string>((name) => gone.push(name))
  const tracked = (name: string): object => {
    const value = {}
    registry.register(value, name)
    return value
  }
  const kept = new Local<object>()
  const live = spawn(() => {
    kept.set(tracked('deleted'))
    kept.delete()
    new Local<object>().set(tracked('of a Local that is gone'))
    kept.set(tracked('in use'))
    wait(gate.promise)
    return kept.get()
  })
  spawn(() => kept.set(tracked('of a thread that is over')))
  for (let round = 0; round < 20 && gone.length < 3; round++) {
    await untilParked()
    collectFull()
  }
  assert.deepEqual(gone.sort(), ['deleted', 'of a Local that is gone', 'of a thread that is over'])
  gate.resolve()
  assert.deepEqual(await live, {})
})

test('an inherited one crosses conversions both ways, any number of them', async () => {
  const local = new Local<string>({ inherited: true })
  const inner = toAsync((depth: number): unknown => {
    wait(untilParked())
    if (depth === 0) return [local.get()]
    return toSync(async () => {
      await null
      return [local.get(), ...((await inner(depth - 1)) as unknown[])]
    })()
  })
  const seenBy = async (name: string): Promise<unknown> => {
    await null
    local.set(name)
    return await inner(3)
  }
  const names = Array.from({ length: 100 }, (_, i) => `task ${i}`)
  assert.deepEqual(
    await Promise.all(names.map(seenBy)),
    names.map((name) => Array(4).fill(name)),
  )
  assert.equal(local.get(), undefined)
})

test('what is set or deleted further in does not leak, whatever is thrown on the way', async () => {
  const local = new Local<string>({ inherited: true })
  const seen: unknown[] = []
  const changes = [
    () => local.set('changed'),
    () => local.delete(),
    () => {
      local.delete()
      throw new Error('thrown')
    },
  ]
  const thread = spawn(() => {
    local.set('outer')
    for (const change of changes) {
      const body = (): void => {
        wait(Promise.resolve())
        change()
        seen.push(local.get())
      }
      const started = spawn(body)
      for (const call of [
        () => started.join(),
        toSync(() => toAsync(body)()),
        toSync(async () => {
          await null
          change()
        }),
      ]) {
        try {
          call()
        } catch (error) {
          assert.match(String(error), /thrown/)
        }
        assert.equal(local.get(), 'outer')
      }
    }
    assert.throws(() => withTimeout(0, () => wait(never)), { code: 'ERR_GT_TIMED_OUT' })
    return local.get()
  })
  assert.equal(await thread, 'outer')
  assert.deepEqual(seen, ['changed', 'changed', undefined, undefined])
})

test('an inherited one tells whether it had a value, and makes the first one', async () => {
  let made = 0
  const local = new Local<number | undefined>({ inherited: true, initial: () => ++made })
  const thread = spawn(() => {
    assert.equal(local.delete(), false)
    const values = [local.get(), spawn(() => local.get()).join()]
    local.set(undefined)
    values.push(local.get())
    assert.equal(local.delete(), true)
    return [...values, local.get()]
  })
  assert.deepEqual(await thread, [1, 1, undefined, 2])
  assert.equal(local.get(), 3)
  assert.equal(local.delete(), true)
})
