import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fiber, { Fiber as Named } from 'greenthreads/fibers'
import { stacksInUse } from '../greenlet/stacks.ts'

/** What a call throws. */
function errorOf(call: () => unknown): Error {
  try {
    call()
  } catch (error) {
    return error as Error
  }
  return assert.fail('nothing was thrown')
}

function assertError(call: () => unknown, type: ErrorConstructor, message: string): void {
  const error = errorOf(call)
  assert.equal(Object.getPrototypeOf(error), type.prototype)
  assert.equal(error.message, message)
}

test('run() and yield() exchange values, and run() returns what the function returns', () => {
  const log: unknown[] = []
  const fiber = Fiber((first: unknown) => {
    log.push(first)
    log.push(Fiber.yield('one'))
    log.push(Fiber.yield('two'))
    return 'end'
  })
  assert.equal(fiber.run('a'), 'one')
  assert.equal(fiber.run('b'), 'two')
  assert.equal(fiber.run('c'), 'end')
  assert.deepEqual(log, ['a', 'b', 'c'])
})

test('a Fiber is made with new or without, and by subclasses', () => {
  class Sub extends Fiber {
    twice(): unknown[] {
      return [this.run(), this.run()]
    }
  }
  const sub = new Sub(() => {
    Fiber.yield(1)
    return 2
  })
  assert.deepEqual(sub.twice(), [1, 2])
  assert(sub instanceof Sub && sub instanceof Fiber)
  assert(new Fiber(() => 1) instanceof Fiber)
  assert(Fiber(() => 1) instanceof Fiber)
  assert.equal(Fiber(() => 1).constructor, Fiber)
  assert.equal(Fiber.name, 'Fiber')
  assert.equal(Named, Fiber)
})

test('a Fiber that has returned starts anew', () => {
  let runs = 0
  const fiber = Fiber((argument: unknown) => {
    runs++
    Fiber.yield(argument)
    return runs
  })
  for (let round = 1; round <= 3; round++) {
    assert.equal(fiber.started, false)
    assert.equal(fiber.run(round), round)
    assert.equal(fiber.started, true)
    assert.equal(fiber.run(), round)
  }
  assert.equal(fiber.started, false)
})

test('a Fiber that has thrown starts anew', () => {
  let runs = 0
  const fiber = Fiber(() => {
    if (++runs === 1) throw new Error('first')
    return 'second'
  })
  assert.throws(() => fiber.run(), /first/)
  assert.equal(fiber.started, false)
  assert.equal(fiber.run(), 'second')
})

test('the function has the global object as this, and an argument only when run() has one', () => {
  const seen: unknown[] = []
  const fiber = Fiber(function (this: unknown, ...args: unknown[]) {
    seen.push(this === globalThis, args)
  })
  fiber.run()
  fiber.run(undefined)
  assert.deepEqual(seen, [true, [], true, [undefined]])
})

test('an error goes to the caller of run(), in the middle and at first', () => {
  const error = new Error('from inside')
  const fiber = Fiber(() => {
    Fiber.yield()
    throw error
  })
  fiber.run()
  assert.equal(
    errorOf(() => fiber.run()),
    error,
  )
  const thrower = Fiber(() => {
    throw error
  })
  assert.equal(
    errorOf(() => thrower.run()),
    error,
  )
})

test('throwInto() throws where the Fiber yields, and returns what it yields next', () => {
  const fiber = Fiber(() => {
    try {
      Fiber.yield('first')
    } catch (error) {
      Fiber.yield(error)
    }
    return Fiber.yield('last')
  })
  fiber.run()
  assert.equal(fiber.throwInto('thrown'), 'thrown')
  assert.equal(fiber.run(), 'last')
  assert.throws(() => fiber.throwInto(new Error('not caught')), /^Error: not caught$/)
  assert.equal(fiber.started, false)
})

test('throwInto() without an argument throws undefined', () => {
  let caught: unknown = 'nothing'
  const fiber = Fiber(() => {
    try {
      Fiber.yield()
    } catch (error) {
      caught = error
    }
  })
  fiber.run()
  fiber.throwInto()
  assert.equal(caught, undefined)
})

test('an error that is thrown in keeps its stack', () => {
  const error = new Error('as it is')
  const { stack } = error
  const fiber = Fiber(() => Fiber.yield())
  fiber.run()
  assert.throws(() => fiber.throwInto(error), error)
  assert.equal(error.stack, stack)
})

test('misuse throws the errors of node-fibers, word for word', () => {
  const bare = Fiber as unknown as (...args: unknown[]) => unknown
  assertError(() => bare(), TypeError, 'Fiber expects 1 argument')
  assertError(() => bare(() => 1, 2), TypeError, 'Fiber expects 1 argument')
  assertError(() => bare({}), TypeError, 'Fiber expects a function')
  assertError(() => Fiber.yield(), Error, 'yield() called with no fiber running')

  const fiber = Fiber(() => {
    assertError(() => fiber.run(), Error, 'This Fiber is already running')
    assertError(() => fiber.throwInto(), Error, 'This Fiber is not yielding')
    assertError(() => fiber.reset(), Error, 'This Fiber is not yielding')
    assertError(() => call(Fiber, 'yield', 1, 2), TypeError, 'yield() expects 1 or no arguments')
    Fiber(() => assertError(() => fiber.run(), Error, 'This Fiber is already running')).run()
    Fiber.yield()
  })
  assertError(() => call(fiber, 'run', 1, 2), TypeError, 'run() excepts 1 or no arguments')
  assertError(() => fiber.throwInto(), Error, 'This Fiber is not yielding')
  fiber.run()
  assertError(
    () => call(fiber, 'throwInto', 1, 2),
    TypeError,
    'throwInto() expects 1 or no arguments',
  )
  assertError(() => call(fiber, 'reset', 1), TypeError, 'reset() expects no arguments')
  fiber.run()
})

function call(target: object, method: string, ...args: unknown[]): unknown {
  return (target as Record<string, (...args: unknown[]) => unknown>)[method]?.(...args)
}

test('methods refuse other receivers, and started is undefined there', () => {
  for (const receiver of [null, undefined, {}, Object.create(Fiber.prototype)]) {
    for (const name of ['run', 'throwInto', 'reset'] as const) {
      assert.throws(() => Fiber.prototype[name].call(receiver), TypeError)
    }
  }
  assert.equal(Fiber.prototype.started, undefined)
})

test('current is the running Fiber, also inside of another one, and undefined outside', () => {
  assert.equal(Fiber.current, undefined)
  const seen: unknown[] = []
  const inner = Fiber(() => {
    seen.push(Fiber.current === inner)
    Fiber.yield()
    seen.push(Fiber.current === inner)
  })
  const outer = Fiber(() => {
    inner.run()
    seen.push(Fiber.current === outer)
    assert.equal(Fiber.current?.started, true)
  })
  outer.run()
  inner.run()
  assert.deepEqual(seen, [true, true, true])
  assert.equal(Fiber.current, undefined)
})

test('what a program sets on a Fiber is all that it lists', () => {
  const fiber = Fiber(() => Object.assign(Fiber.current ?? {}, { mine: 1 }))
  assert.deepEqual(Object.keys(fiber), [])
  fiber.run()
  assert.deepEqual(Object.entries(fiber), [['mine', 1]])
})

test('functions that wrap yield() and run() are called', () => {
  const original = { yield: Fiber.yield, run: Fiber.prototype.run }
  const calls: string[] = []
  Fiber.yield = (value) => {
    calls.push('yield')
    return original.yield(value)
  }
  Fiber.prototype.run = function (...args: []) {
    calls.push('run')
    return original.run.apply(this, args)
  }
  try {
    const fiber = Fiber(() => Fiber.yield(1))
    fiber.run()
    fiber.run()
  } finally {
    Fiber.yield = original.yield
    Fiber.prototype.run = original.run
  }
  assert.deepEqual(calls, ['run', 'yield', 'run'])
})

test('generators are written with it', () => {
  const fibonacci = Fiber(() => {
    let [previous, value] = [0, 1]
    Fiber.yield(previous)
    for (;;) {
      Fiber.yield(value)
      ;[previous, value] = [value, previous + value]
    }
  })
  const numbers = Array.from({ length: 12 }, () => fibonacci.run())
  assert.deepEqual(numbers, [0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89])
  fibonacci.reset()
})

test('200 Fibers end in each of 10 rounds, and leave no stack', () => {
  const before = stacksInUse()
  let ended = 0
  for (let round = 0; round < 10; round++) {
    const fibers = Array.from({ length: 200 }, () =>
      Fiber(() => {
        Fiber.yield()
        ended++
      }),
    )
    for (const fiber of fibers) fiber.run()
    for (const fiber of fibers) fiber.run()
  }
  assert.equal(ended, 2000)
  assert.equal(stacksInUse(), before)
})

test('an overflow of its stack is a RangeError that the caller gets', () => {
  const recurse = (): number => recurse() + 1
  assert.throws(() => Fiber(recurse).run(), RangeError)
  assert.equal(Fiber(() => 'fine').run(), 'fine')
})

test('fibersCreated counts as a pool of poolSize stacks would need them', () => {
  assert.equal(Fiber.poolSize, 120)
  // Those that other tests have left.
  const fill = Array.from({ length: 300 }, () => Fiber(() => Fiber.yield()))
  for (const fiber of fill) fiber.run()
  const before = Fiber.fibersCreated
  Fiber(() => {}).run()
  Fiber(() => {}).run()
  assert.equal(Fiber.fibersCreated, before + 1)
  Fiber.poolSize = 0
  for (const fiber of fill) fiber.run()
  Fiber.poolSize = 120
  Fiber(() => {}).run()
  assert.equal(Fiber.fibersCreated, before + 1)
  const two = Fiber(() => Fiber(() => {}).run())
  two.run()
  assert.equal(Fiber.fibersCreated, before + 2)
})

test('copies of node-fibers find this one where they look first', () => {
  assert.equal(Reflect.get(process, 'fiberLib'), Fiber)
})
