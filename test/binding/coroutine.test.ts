import assert from 'node:assert/strict'
import { executionAsyncId } from 'node:async_hooks'
import { test } from 'node:test'
import {
  Coroutine,
  endWith,
  resume,
  running,
  stackTrace,
  start,
  suspend,
  transferTo,
} from '#src/binding/coroutine.js'
import { liveCoroutines } from '#src/binding/occupants.js'

/** The smallest coroutine. */
class Task extends Coroutine {
  readonly #body: (task: Task) => void
  error: unknown = undefined
  refusals = 0

  constructor(body: (task: Task) => void) {
    super()
    this.#body = body
  }

  override run(): void {
    try {
      this.#body(this)
    } catch (error) {
      this.error = error
    }
  }

  override refused(): void {
    this.refusals++
  }

  override thrown(): void {}
  override terminated(): void {}
}

function resumeWith(task: Task, value: unknown): void {
  task.putValue(value)
  resume(task)
}

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
