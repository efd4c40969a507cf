import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InvalidArgumentError, spawn } from 'greenthreads'
import { Greenlet, GreenletError, getcurrent } from 'greenthreads/greenlet'
import { withoutLeaks } from './stacks.ts'

const main = getcurrent()

test('the parent is the creator, or the one that is given', () => {
  assert.equal(main.parent, null)
  const outer = new Greenlet(() => [new Greenlet(), new Greenlet(null, main)])
  assert.equal(outer.parent, main)
  const [inner, other] = outer.switch() as Greenlet[]
  assert.equal(inner?.parent, outer)
  assert.equal(other?.parent, main)
})

test('the result goes to the parent that is set when the greenlet ends', () => {
  const first = new Greenlet(() => ['first', main.switch()])
  const second = new Greenlet(() => ['second', main.switch()])
  const child = new Greenlet(() => main.switch() ?? 'result', first)
  for (const greenlet of [first, second, child]) greenlet.switch()
  child.parent = second
  assert.deepEqual(child.switch(), ['second', 'result'])
  assert.equal(second.dead, true)
  assert.equal(first.dead, false)
  first.switch()
})

test('an uncaught error goes to the current parent', () => {
  const seen: unknown[] = []
  const body = (): void => {
    try {
      main.switch()
    } catch (error) {
      seen.push(error)
      throw error
    }
    throw new RangeError('by itself')
  }
  withoutLeaks(() => {
    const [g1, g2] = [new Greenlet(body), new Greenlet(body)]
    g1.switch()
    g2.switch()
    g2.parent = g1
    assert.throws(() => g2.switch(), RangeError)
    assert.equal(seen.length, 1)
    assert.ok(seen[0] instanceof RangeError)
    assert.equal(g2.switch(), undefined)
    assert.equal(g2.switch(25), 25)
  })
})

test('an unstarted parent is started with the result of its child', () => {
  withoutLeaks(() => {
    const parent = new Greenlet((result: number) => [result, 24])
    const child = new Greenlet(() => 42, parent)
    assert.deepEqual(child.switch(), [42, 24])
    assert.deepEqual([parent.dead, child.dead], [true, true])
  })
})

test('an unstarted parent is ended by the error of its child', () => {
  let hasRun = false
  const parent = new Greenlet(() => {
    hasRun = true
  })
  const child = new Greenlet(() => {
    throw new RangeError('of the child')
  }, parent)
  withoutLeaks(() => assert.throws(() => child.switch(), RangeError))
  assert.deepEqual([parent.dead, hasRun], [true, false])
})

test('a parent that can not be started is passed over, with the reason', () => {
  const parent = new Greenlet()
  const child = new Greenlet(() => 'lost', parent)
  assert.throws(() => child.switch(), { code: 'ERR_GT_GREENLET_NO_RUN' })
  assert.deepEqual([child.dead, parent.started], [true, false])

  const perverse = Object.defineProperty(new Greenlet(), 'run', {
    get() {
      throw new RangeError('perverse')
    },
  })
  const seen: number[] = []
  const other = new Greenlet(() => seen.push(42), perverse)
  assert.throws(() => other.switch(), RangeError)
  assert.throws(() => other.switch(), RangeError)
  assert.deepEqual(seen, [42])
})

test('a switch to a dead greenlet with a new parent goes there', () => {
  const seen: unknown[] = []
  const child = new Greenlet(() => seen.push('child'))
  child.switch()
  child.parent = new Greenlet((...args: unknown[]) => seen.push(args))
  child.switch('a', 'b')
  assert.deepEqual(seen, ['child', ['a', 'b']])
})

test('cycles are refused', () => {
  const [a, b, c] = [new Greenlet(), new Greenlet(), new Greenlet()]
  a.parent = b
  b.parent = c
  const code = 'ERR_GT_GREENLET_PARENT_CYCLE'
  assert.throws(
    () => {
      c.parent = a
    },
    { code, constructor: GreenletError },
  )
  assert.throws(
    () => {
      a.parent = a
    },
    { code },
  )
  assert.equal(c.parent, main)
})

test('a parent is a greenlet', () => {
  const greenlet = new Greenlet(() => main.switch())
  const attempt = (): void => {
    for (const parent of [null, undefined, 1, '42', {}]) {
      assert.throws(() => Reflect.set(greenlet, 'parent', parent), InvalidArgumentError)
    }
  }
  attempt()
  greenlet.switch()
  attempt()
  greenlet.switch()
  assert.throws(() => new Greenlet(() => {}, 1 as never), InvalidArgumentError)
})

test('the parent of a main greenlet can not be set', () => {
  assert.throws(() => Reflect.set(main, 'parent', new Greenlet()), {
    code: 'ERR_GT_GREENLET_MAIN',
  })
  assert.throws(() => Reflect.set(main, 'parent', main), { code: 'ERR_GT_GREENLET_MAIN' })
})

test('a started greenlet is not given a parent in another green thread; an unstarted one moves there', () => {
  const started = new Greenlet(() => main.switch())
  started.switch()
  const moved = new Greenlet(() => String(getcurrent().parent))
  const thread = spawn(() => {
    assert.throws(() => Reflect.set(started, 'parent', getcurrent()), {
      code: 'ERR_GT_GREENLET_OTHER_THREAD',
    })
    assert.throws(() => moved.switch(), { code: 'ERR_GT_GREENLET_OTHER_THREAD' })
    moved.parent = getcurrent()
    return moved.switch()
  })
  assert.match(String(thread.join()), /^the main greenlet of green thread/)
  started.switch()
})
