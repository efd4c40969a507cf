import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from '#src/binding/lifetime.js'
import { liveCoroutines } from '#src/binding/occupants.js'
import { resume, running } from '#src/binding/running.js'
import { suspend } from '#src/binding/suspension.js'
import { resumeWith, Task } from '../support/task.ts'

test('values go in, one at a time', () => {
  const got: unknown[] = []
  const task = new Task(() => {
    got.push(suspend())
    got.push(suspend())
  })
  start(task)
  assert.equal(running, undefined)
  resumeWith(task, 'a')
  assert.deepEqual(liveCoroutines(), [task])
  resumeWith(task, 'b')
  assert.deepEqual(got, ['a', 'b'])
  assert.equal(task.slot, 0)
  assert.deepEqual(liveCoroutines(), [])
})

test('an error is thrown where the coroutine is suspended', () => {
  const error = new Error('thrown in')
  let isCleanedUp = false
  const task = new Task(() => {
    try {
      suspend()
    } finally {
      isCleanedUp = true
    }
  })
  start(task)
  task.putError(error)
  resume(task)
  assert.equal(task.error, error)
  assert.equal(isCleanedUp, true)
})
