import assert from 'node:assert/strict'
import { test } from 'node:test'
import { current, GreenThread, spawn, spawnWith, toAsync, wait } from 'greenthreads'
import { collectFull } from '../support/garbage.ts'
import { deferred } from './deferred.ts'

test('a thread knows the one that started it, and those that it started', async () => {
  const gate = deferred()
  const children: GreenThread[] = []
  const root = spawn(function root() {
    children.push(spawnWith({ name: 'a' }, () => wait(gate.promise)))
    children.push(new GreenThread(() => wait(gate.promise), { name: 'b' }).start())
    children.push(spawnWith({ name: 'detached', detached: true }, () => wait(gate.promise)))
    spawn(() => 'over at once')
    wait(gate.promise)
  })
  assert.equal(root.parent, undefined)
  assert.deepEqual(root.children, children)
  for (const child of children) {
    assert.equal(child.parent, root)
    assert.deepEqual(child.children, [])
  }
  gate.resolve()
  await root
  assert.deepEqual(root.children, [])
})

test('a call of a toAsync function is a child of the thread that makes it', async () => {
  let seen: GreenThread | undefined
  const call = toAsync(() => {
    seen = current()?.parent
  })
  const caller = spawn(() => wait(call()))
  await caller
  assert.equal(seen, caller)
})

test('the parent is forgotten when it is over, and not kept by its children', async () => {
  const gate = deferred()
  let child: GreenThread | undefined
  const start = (): WeakRef<GreenThread> => {
    const parent = spawn(() => {
      child = spawn(() => wait(gate.promise))
    })
    assert.equal(parent.state, 'finished')
    return new WeakRef(parent)
  }
  const parent = start()
  assert.equal(child?.parent, undefined)
  await Promise.resolve()
  // A WeakRef keeps its target to the end of the task.
  await new Promise((resolve) => setImmediate(resolve))
  collectFull()
  assert.equal(parent.deref(), undefined)
  assert.equal(child?.state, 'suspended')
  gate.resolve()
  await child
})

test('a chain of threads, each started by the one before, is not kept', async () => {
  const gate = deferred()
  const refs: WeakRef<GreenThread>[] = []
  const done = deferred()
  const link = (left: number): void => {
    refs.push(new WeakRef(current() as GreenThread))
    wait(Promise.resolve())
    if (left > 0) spawn(link, left - 1)
    else done.resolve()
    if (left === 0) wait(gate.promise)
  }
  spawn(link, 100)
  await done.promise
  await new Promise((resolve) => setImmediate(resolve))
  collectFull()
  const kept = refs.filter((ref) => ref.deref() !== undefined)
  assert.ok(kept.length <= 2, `${kept.length} are kept`)
  gate.resolve()
})
