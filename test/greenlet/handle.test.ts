import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { InvalidArgumentError } from 'greenthreads'
import { Greenlet, GreenletError, getcurrent } from 'greenthreads/greenlet'
import { withoutLeaks } from './stacks.ts'

const main = getcurrent()

test('life is told: unstarted, active, dead', () => {
  const states: unknown[] = []
  const note = (): void => {
    states.push([greenlet.started, greenlet.isActive, greenlet.dead])
  }
  const greenlet = new Greenlet(() => {
    note()
    main.switch()
  })
  note()
  greenlet.switch()
  note()
  greenlet.switch()
  note()
  assert.deepEqual(states, [
    [false, false, false],
    [true, true, false],
    [true, true, false],
    [true, false, true],
  ])
  assert.deepEqual([main.started, main.isActive, main.dead], [true, true, false])
})

test('getcurrent is the running greenlet, and its identity stays', () => {
  const seen: Greenlet[] = []
  const greenlet = new Greenlet(() => {
    seen.push(getcurrent())
    main.switch()
    seen.push(getcurrent())
  })
  greenlet.switch()
  assert.equal(getcurrent(), main)
  greenlet.switch()
  assert.deepEqual(seen, [greenlet, greenlet])
})

test('run is the function until the greenlet starts', () => {
  const body = (): unknown => getcurrent().run
  const greenlet = new Greenlet()
  assert.equal(greenlet.run, undefined)
  greenlet.run = body
  assert.equal(greenlet.run, body)
  assert.equal(greenlet.switch(), undefined)
  assert.equal(greenlet.run, undefined)
  assert.throws(() => Object.assign(greenlet, { run: body }), { code: 'ERR_GT_GREENLET_STARTED' })
  assert.throws(() => Object.assign(main, { run: body }), { code: 'ERR_GT_GREENLET_MAIN' })
})

test('a greenlet without a function stays unstarted, and says what it lacks', () => {
  const greenlet = new Greenlet()
  for (const attempt of [() => greenlet.switch(), () => greenlet.throw(new Error('x'))]) {
    assert.throws(attempt, { code: 'ERR_GT_GREENLET_NO_RUN', constructor: GreenletError })
  }
  assert.equal(greenlet.started, false)
  assert.throws(() => new Greenlet(42 as never), InvalidArgumentError)
})

test('a function gets no this, a method run of a subclass has the greenlet', () => {
  class Adder extends Greenlet {
    sum = 0

    override run(...numbers: number[]): Adder {
      for (const number of numbers) this.sum += number
      return this
    }
  }
  const adder = new Adder()
  assert.equal(adder.switch(1, 2, 3), adder)
  assert.equal(adder.sum, 6)
  const plain = new Greenlet(function (this: unknown) {
    return this
  })
  assert.equal(plain.switch(), undefined)
})

test('looking run up may start the greenlet already', () => {
  let isFirst = true
  const greenlet: Greenlet = Object.defineProperty(new Greenlet(), 'run', {
    get() {
      if (isFirst) {
        isFirst = false
        assert.equal(greenlet.switch(43), 43)
      }
      return (value: unknown): void => {
        for (let next = value; ; ) next = main.switch(next)
      }
    },
  })
  assert.equal(greenlet.switch(42), 42)
  greenlet.throw()
})

test('stack shows where a suspended greenlet is, and changes nothing', () => {
  function suspendsHere(): unknown {
    return main.switch()
  }
  const greenlet = new Greenlet(function body() {
    assert.equal(greenlet.stack(), '')
    return suspendsHere()
  })
  assert.equal(greenlet.stack(), '')
  greenlet.switch()
  assert.match(greenlet.stack(), /^greenlet \d+ \(body\)\n +at suspendsHere .*\n +at body/)
  assert.doesNotMatch(greenlet.stack(), /dist\/(greenlet|binding)/)
  const other = new Greenlet(() => greenlet.stack())
  assert.equal(other.switch(), greenlet.stack())
  assert.equal(greenlet.switch('kept'), 'kept')
  assert.equal(greenlet.stack(), '')
  assert.equal(main.stack(), '')
})

test('inspect shows name and state', () => {
  const greenlet = new Greenlet(function worker() {})
  assert.match(
    inspect(greenlet),
    /^Greenlet { name: 'greenlet \d+ \(worker\)', state: 'unstarted' }$/,
  )
  greenlet.switch()
  assert.match(inspect(greenlet), /worker.*state: 'dead'/)
  assert.equal(String(main), 'the main greenlet')
})

test('using ends a greenlet with the block, whoever its parent is', () => {
  const log: string[] = []
  withoutLeaks(() => {
    const hub = new Greenlet(() => log.push('not reached'))
    {
      using greenlet = new Greenlet(() => {
        try {
          main.switch()
        } finally {
          log.push('finally')
        }
      }, hub)
      greenlet.switch()
    }
    log.push('after the block')
  })
  assert.deepEqual(log, ['finally', 'after the block'])
})
