import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GreenThreadsError } from 'greenthreads'
import { Greenlet, GreenletExit, getcurrent } from 'greenthreads/greenlet'
import { withoutLeaks } from './stacks.ts'

const main = getcurrent()

test('an error is thrown where the greenlet is suspended, and may be caught there', () => {
  const greenlet = new Greenlet(() => {
    try {
      main.switch('ready')
    } catch (error) {
      return `caught ${(error as Error).message}`
    }
    return 'nothing thrown'
  })
  withoutLeaks(() => {
    assert.equal(greenlet.switch(), 'ready')
    assert.equal(greenlet.throw(new RangeError('ciao')), 'caught ciao')
  })
})

test('an uncaught error goes to the parent', () => {
  const error = new RangeError('x')
  const greenlet = new Greenlet(() => main.switch())
  greenlet.switch()
  assert.throws(() => greenlet.throw(error), error)
  assert.equal(greenlet.dead, true)
})

test('a class of errors is constructed, any other value is thrown as it is', () => {
  const caught = (thrown: unknown): unknown => {
    const greenlet = new Greenlet(() => {
      try {
        return main.switch()
      } catch (error) {
        return error
      }
    })
    greenlet.switch()
    return greenlet.throw(thrown)
  }
  assert.ok(caught(RangeError) instanceof RangeError)
  assert.ok(caught(GreenletExit) instanceof GreenletExit)
  assert.ok(caught(undefined) instanceof GreenletExit)
  assert.equal(caught('text'), 'text')
  assert.equal(caught(null), null)
})

test('GreenletExit ends a greenlet and is returned, not thrown', () => {
  const log: string[] = []
  const greenlet = new Greenlet(() => {
    try {
      main.switch('ok')
      log.push('not reached')
    } finally {
      log.push('finally')
    }
  })
  greenlet.switch()
  const exit = greenlet.throw()
  assert.ok(exit instanceof GreenletExit && exit instanceof GreenThreadsError)
  assert.equal(exit.code, 'ERR_GT_GREENLET_EXIT')
  assert.equal(greenlet.dead, true)
  assert.deepEqual(log, ['finally'])
  const mine = new GreenletExit('mine')
  const other = new Greenlet(() => {
    throw mine
  })
  assert.equal(other.switch(), mine)
})

test('one that has not started ends without having run', () => {
  let hasRun = false
  const body = (): void => {
    hasRun = true
  }
  withoutLeaks(() => {
    const [a, b] = [new Greenlet(body), new Greenlet(body)]
    assert.throws(() => a.throw(new RangeError('x')), RangeError)
    assert.ok(b.throw() instanceof GreenletExit)
    assert.deepEqual([a.dead, b.dead, hasRun], [true, true, false])
  })
})

test('a dead one hands an error on to its parent, and GreenletExit as a result', () => {
  const greenlet = new Greenlet(() => 'over')
  greenlet.switch()
  const exit = new GreenletExit()
  assert.equal(greenlet.throw(exit), exit)
  assert.throws(() => greenlet.throw(new RangeError('x')), RangeError)
  const got: unknown[] = []
  greenlet.parent = new Greenlet((...args: unknown[]) => got.push(...args))
  greenlet.throw(exit)
  assert.deepEqual(got, [exit])
})

test('the running greenlet throws what it throws into itself', () => {
  assert.throws(() => main.throw(new RangeError('x')), RangeError)
  assert.throws(() => main.throw(), GreenletExit)
})

test('an error that is not caught goes up, started parents catch it', () => {
  const parentBody = (): string => {
    try {
      main.switch('ready')
    } catch {
      return 'caught'
    }
    return 'normal end'
  }
  const childBody = (): unknown => main.switch('from the child')
  withoutLeaks(() => {
    const unstarted = new Greenlet(parentBody)
    const a = new Greenlet(childBody, unstarted)
    assert.throws(() => a.throw(new RangeError('x')), RangeError)
    assert.deepEqual([a.dead, unstarted.dead], [true, true])
  })
  for (const isChildStarted of [false, true]) {
    const parent = new Greenlet(parentBody)
    const child = new Greenlet(childBody, parent)
    assert.equal(parent.switch(), 'ready')
    if (isChildStarted) assert.equal(child.switch(), 'from the child')
    assert.equal(child.throw(new RangeError('x')), 'caught')
    assert.deepEqual([child.dead, parent.dead], [true, true])
  }
})

test('an error keeps its own stack', () => {
  const greenlet = new Greenlet(function inner() {
    throw new RangeError('x')
  })
  const thrown = (): void => {
    greenlet.switch()
  }
  assert.throws(thrown, (error: Error) => {
    assert.match(error.stack ?? '', /at inner/)
    assert.doesNotMatch(error.stack ?? '', /waited for by/)
    return true
  })
})

test('a stack overflow fails only its own greenlet', () => {
  const deep = (): number => 1 + deep()
  const greenlet = new Greenlet(deep)
  withoutLeaks(() => assert.throws(() => greenlet.switch(), RangeError))
  assert.equal(new Greenlet(() => 'fine').switch(), 'fine')
})
