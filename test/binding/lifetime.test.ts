import assert from 'node:assert/strict'
import { executionAsyncId } from 'node:async_hooks'
import { test } from 'node:test'
import { endWith, start } from '#src/binding/lifetime.js'
import { liveCoroutines } from '#src/binding/occupants.js'
import { suspend } from '#src/binding/suspension.js'
import { Task } from '../support/task.ts'

test('one that ends hands its place to another, started or not', () => {
  const log: unknown[] = []
  const main = executionAsyncId()
  const note = (name: string, task: Task): void => {
    log.push(name, executionAsyncId() === task.asyncId)
  }
  const third = new Task((self) => note('third', self))
  const second = new Task((self) => {
    suspend()
    note('second', self)
    endWith(third)
  })
  const first = new Task((self) => {
    note('first', self)
    endWith(second)
  })
  start(second)
  start(first)
  assert.deepEqual(log, ['first', true, 'second', true, 'third', true])
  assert.deepEqual(liveCoroutines(), [])
  assert.equal(executionAsyncId(), main)
})

test('a stack is used again, last in first out', () => {
  const slots: number[] = []
  for (let i = 0; i < 3; i++) start(new Task((self) => slots.push(self.slot)))
  assert.equal(new Set(slots).size, 1)
})

test('stacks of another size are kept apart', () => {
  const slots: number[] = []
  const task = new Task((self) => slots.push(self.slot))
  task.stackBytes = 128 * 1024
  start(task)
  start(new Task((self) => slots.push(self.slot)))
  assert.notEqual(slots[0], slots[1])
})
