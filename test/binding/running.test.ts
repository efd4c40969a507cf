import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from '#src/binding/lifetime.js'
import { resume, running, stackTrace } from '#src/binding/running.js'
import { suspend } from '#src/binding/suspension.js'
import { Task } from '../support/task.ts'

test('a coroutine resumed in a coroutine returns to it', () => {
  const log: string[] = []
  const inner = new Task(() => {
    log.push('inner 1')
    suspend()
    log.push('inner 2')
  })
  const outer = new Task((self) => {
    start(inner)
    log.push('outer 1')
    suspend()
    resume(inner)
    assert.equal(running, self)
    log.push('outer 2')
  })
  start(outer)
  log.push('main')
  resume(outer)
  assert.deepEqual(log, ['inner 1', 'outer 1', 'main', 'inner 2', 'outer 2'])
})

test('the stack trace of a suspended coroutine leaves it where it is', () => {
  const got: unknown[] = []
  const task = new Task(function body() {
    got.push(suspend())
  })
  start(task)
  assert.match(stackTrace(task), /body/)
  task.putValue('kept')
  assert.match(stackTrace(task), /body/)
  resume(task)
  assert.deepEqual(got, ['kept'])
})
