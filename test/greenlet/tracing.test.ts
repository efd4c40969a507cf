import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { InvalidArgumentError, spawn } from 'greenthreads'
import { Greenlet, getcurrent, gettrace, settrace } from 'greenthreads/greenlet'

const main = getcurrent()

afterEach(() => settrace(null))

function tracing(body: () => void): unknown[] {
  const events: unknown[] = []
  const previous = settrace((event, origin, target) => {
    assert.equal(getcurrent(), target)
    events.push([event, origin, target])
  })
  body()
  settrace(previous)
  return events
}

test('switches and ends are seen with where they come from and go to', () => {
  const returns = new Greenlet(() => {})
  const throws = new Greenlet(() => {
    throw new RangeError('x')
  })
  const events = tracing(() => {
    returns.switch()
    assert.throws(() => throws.switch(), RangeError)
  })
  assert.deepEqual(events, [
    ['switch', main, returns],
    ['switch', returns, main],
    ['switch', main, throws],
    ['throw', throws, main],
  ])
})

test('throw is seen, also into one that has not started', () => {
  const suspended = new Greenlet(() => main.switch())
  suspended.switch()
  const unstarted = new Greenlet(() => {})
  const events = tracing(() => {
    suspended.throw()
    assert.throws(() => unstarted.throw(new RangeError('x')), RangeError)
  })
  assert.deepEqual(events, [
    ['throw', main, suspended],
    ['switch', suspended, main],
    ['throw', main, unstarted],
    ['throw', unstarted, main],
  ])
})

test('a switch to a dead greenlet, or to itself, is seen where it arrives', () => {
  const dead = new Greenlet(() => {})
  dead.switch()
  const events = tracing(() => {
    dead.switch()
    main.switch()
  })
  assert.deepEqual(events, [
    ['switch', main, main],
    ['switch', main, main],
  ])
})

test('a tracer that throws is removed, and its error is thrown in the target', () => {
  const seen: unknown[] = []
  const suspended = new Greenlet(() => {
    try {
      main.switch()
    } catch (error) {
      seen.push(error)
      throw error
    }
  })
  suspended.switch()
  const error = new RangeError('of the tracer')
  settrace(() => {
    throw error
  })
  assert.throws(() => suspended.switch(), error)
  assert.equal(gettrace(), undefined)
  assert.deepEqual(seen, [error])
})

test('a tracer that throws at a start keeps the function from running', () => {
  let hasRun = false
  const greenlet = new Greenlet(() => {
    hasRun = true
  })
  settrace(() => {
    throw new RangeError('of the tracer')
  })
  assert.throws(() => greenlet.switch(), RangeError)
  assert.deepEqual([hasRun, greenlet.dead, gettrace()], [false, true, undefined])
})

test('settrace returns the previous tracer, gettrace the present one', () => {
  const [a, b] = [() => {}, () => {}]
  assert.equal(settrace(a), undefined)
  assert.equal(gettrace(), a)
  assert.equal(settrace(b), a)
  assert.equal(settrace(b), b)
  assert.equal(settrace(null), b)
  assert.equal(gettrace(), undefined)
  assert.throws(() => settrace(1 as never), InvalidArgumentError)
})

test('green threads are traced too, and their main greenlets are named', () => {
  const names: string[] = []
  settrace((event, origin, target) => names.push(`${event} ${origin} ${target}`))
  const thread = spawn(function worker() {
    new Greenlet(function child() {}).switch()
  })
  thread.join()
  assert.equal(names.length, 2)
  assert.match(
    names[0] ?? '',
    /^switch the main greenlet of green thread \d+ \(worker\) greenlet \d+ \(child\)$/,
  )
})
