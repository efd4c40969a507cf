import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backend } from 'greenthreads'
import { Greenlet, getcurrent } from 'greenthreads/greenlet'
import { withoutLeaks } from './stacks.ts'

const main = getcurrent()
const up = (...args: unknown[]): unknown => getcurrent().parent?.switch(...args)

test('control goes there and back, in order', () => {
  withoutLeaks(() => {
    const log: number[] = []
    const greenlet = new Greenlet(() => {
      log.push(1)
      up()
      log.push(3)
    })
    log.push(0)
    greenlet.switch()
    log.push(2)
    greenlet.switch()
    log.push(4)
    assert.deepEqual(log, [0, 1, 2, 3, 4])
  })
})

test('two children interleave', () => {
  const log: string[] = []
  const body = (name: string): void => {
    log.push(`${name} begins`)
    up()
    log.push(`${name} ends`)
  }
  const [a, b] = [new Greenlet(body), new Greenlet(body)]
  a.switch('a')
  b.switch('b')
  assert.equal(b.isActive, true)
  b.switch()
  assert.equal(b.dead, true)
  a.switch()
  assert.equal(a.dead, true)
  assert.deepEqual(log, ['a begins', 'b begins', 'b ends', 'a ends'])
})

test('a child of a child returns to its own parent', () => {
  const log: string[] = []
  const outer = new Greenlet(() => {
    log.push('outer')
    const inner = new Greenlet(() => {
      log.push('inner')
      up()
    })
    inner.switch()
    log.push('outer again')
    inner.switch()
  })
  withoutLeaks(() => outer.switch())
  assert.deepEqual(log, ['outer', 'inner', 'outer again'])
})

test('the first switch gives the function its arguments, later ones are results of switch', () => {
  const got: unknown[] = []
  const greenlet = new Greenlet((a: unknown, b: unknown) => {
    got.push([a, b])
    got.push(main.switch('one value'))
    got.push(main.switch('several', 'values'))
    got.push(main.switch())
    return 'result'
  })
  assert.equal(greenlet.switch('a', 'b'), 'one value')
  assert.deepEqual(greenlet.switch('c'), ['several', 'values'])
  assert.equal(greenlet.switch('d', 'e'), undefined)
  assert.equal(greenlet.switch(), 'result')
  assert.deepEqual(got, [['a', 'b'], 'c', ['d', 'e'], undefined])
})

test('a value goes to whoever is switched to, not to whoever asked', () => {
  const log: unknown[] = []
  const first: Greenlet = new Greenlet((x: string, y: string) => {
    log.push(second.switch(x + y))
    return 'first ends'
  })
  const second = new Greenlet((text: string) => {
    log.push(text)
    first.switch(42)
    log.push('never')
  })
  assert.equal(first.switch('hello', ' world'), 'first ends')
  assert.deepEqual(log, ['hello world', 42])
  assert.deepEqual([first.dead, second.dead], [true, false])
  second.parent = main
  second.throw()
})

test('ping and pong take turns for a thousand rounds', () => {
  withoutLeaks(() => {
    const log: string[] = []
    const ping: Greenlet = new Greenlet(() => {
      for (let i = 0; i < 1000; i++) {
        log.push('ping')
        pong.switch()
      }
    })
    const pong = new Greenlet(() => {
      for (;;) {
        log.push('pong')
        ping.switch()
      }
    })
    ping.switch()
    assert.equal(log.length, 2000)
    assert.ok(log.every((word, i) => word === (i % 2 === 0 ? 'ping' : 'pong')))
    pong.throw()
  })
})

test('a switch to a dead greenlet goes to its first living ancestor', () => {
  const outer = new Greenlet(() => {
    const inner = new Greenlet(() => 42)
    assert.equal(inner.switch(), 42)
    assert.equal(inner.switch('to myself'), 'to myself')
    assert.equal(inner.switch(), undefined)
    return inner
  })
  const inner = outer.switch() as Greenlet
  assert.deepEqual([inner.dead, outer.dead], [true, true])
  assert.equal(inner.switch(), undefined)
  assert.deepEqual(inner.switch(1, 2), [1, 2])
})

test('a switch to the running greenlet returns what is given', () => {
  assert.equal(main.switch(), undefined)
  assert.equal(main.switch(1), 1)
  const greenlet = new Greenlet(() => getcurrent().switch('a', 'b'))
  assert.deepEqual(greenlet.switch(), ['a', 'b'])
})

test('the constructs below a switch are set aside: sort, replace, getters, generators', () => {
  const log: unknown[] = []
  const sorting = new Greenlet(() =>
    [3, 1, 2].sort((a, b) => {
      main.switch('sort')
      return a - b
    }),
  )
  const replacing = new Greenlet(() => 'ab'.replace(/./g, (c) => `${main.switch('replace')}${c}`))
  log.push(sorting.switch(), replacing.switch())
  let last: unknown
  while (sorting.isActive) last = sorting.switch()
  log.push(last)
  while (replacing.isActive) last = replacing.switch('-')
  log.push(last)
  assert.deepEqual(log, ['sort', 'replace', [1, 2, 3], '-a-b'])
})

test('chains of thousands start each other, and unwind', () => {
  const length = backend === 'stack' ? 10_000 : 300
  withoutLeaks(() => {
    let made = 0
    const link = (): number => {
      made++
      return made < length ? 1 + (new Greenlet(link).switch() as number) : 1
    }
    assert.equal(new Greenlet(link).switch(), length)
  })
})
