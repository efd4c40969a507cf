import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Local, spawn, wait } from 'greenthreads'

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
