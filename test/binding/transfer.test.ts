import assert from 'node:assert/strict'
import { executionAsyncId } from 'node:async_hooks'
import { test } from 'node:test'
import { start } from '#src/binding/lifetime.js'
import { liveCoroutines } from '#src/binding/occupants.js'
import { resume } from '#src/binding/running.js'
import { suspend } from '#src/binding/suspension.js'
import { transferTo } from '#src/binding/transfer.js'
import { Task } from '../support/task.ts'

test('a transfer puts another coroutine in the place of the running one', () => {
  const log: string[] = []
  const b = new Task((self) => {
    log.push(`b, resumed by ${self.resumer === undefined ? 'main' : 'a'}`)
    transferTo(a)
    log.push('b ends')
  })
  const a = new Task(() => {
    log.push('a')
    transferTo(b)
    log.push('a again')
  })
  start(a)
  log.push('main')
  resume(b)
  assert.deepEqual(log, ['a', 'b, resumed by main', 'a again', 'main', 'b ends'])
  assert.deepEqual(liveCoroutines(), [])
})

test('every transfer in a ring of three keeps the async id of each', () => {
  const ring: Task[] = []
  const ids: [number, number][] = []
  const main = executionAsyncId()
  let hops = 0
  for (let i = 0; i < 3; i++) {
    ring.push(
      new Task((self) => {
        while (hops < 30) {
          hops++
          transferTo(ring[(i + 1) % 3] as Task)
          ids.push([executionAsyncId(), self.asyncId])
        }
      }),
    )
  }
  start(ring[0] as Task)
  while (liveCoroutines().length > 0) resume(liveCoroutines()[0] as Task)
  assert.ok(ids.length >= 27)
  for (const [actual, own] of ids) assert.equal(actual, own)
  assert.equal(executionAsyncId(), main)
})

test('one that was resumed before has its own async id when it is transferred to', () => {
  const ids: number[] = []
  const main = executionAsyncId()
  const note = (task: Task): void => {
    ids.push(executionAsyncId() - task.asyncId)
  }
  const inner = new Task((self) => {
    suspend()
    note(self)
    transferTo(outer)
    note(self)
    suspend()
    note(self)
  })
  const outer = new Task((self) => {
    transferTo(inner)
    note(self)
    suspend()
    note(self)
    transferTo(inner)
  })
  start(inner)
  start(outer)
  resume(inner)
  resume(outer)
  assert.equal(executionAsyncId(), main)
  assert.deepEqual(ids, [0, 0, 0, 0, 0])
  resume(outer)
  assert.deepEqual(liveCoroutines(), [])
})
