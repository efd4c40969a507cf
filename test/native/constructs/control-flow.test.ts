import assert from 'node:assert/strict'
import { constructs } from '../../support/constructs.ts'

constructs('control flow', {
  'try, catch and finally': ({ id, pause }) => {
    const log: string[] = []
    const run = (): string => {
      try {
        pause()
        throw new Error(`e${id}`)
      } catch (error) {
        pause()
        return (error as Error).message
      } finally {
        pause()
        log.push('finally')
      }
    }
    assert.deepEqual([run(), log], [`e${id}`, ['finally']])
  },

  'an error that crosses many frames': ({ id, pause }) => {
    const descend = (depth: number): number => {
      if (depth === 0) {
        pause()
        throw new Error(`bottom ${id}`)
      }
      try {
        return descend(depth - 1) + 1
      } finally {
        if (depth % 10 === 0) pause()
      }
    }
    assert.throws(() => descend(40), { message: `bottom ${id}` })
  },

  'deep recursion': ({ id, pause }) => {
    const descend = (depth: number): number => (depth === 0 ? pause(id) : descend(depth - 1) + 1)
    assert.equal(descend(300), id + 300)
  },

  'arguments and default parameters': ({ id, pause }) => {
    const aliased = new Function('pause', 'a', 'b', 'arguments[1] = b; pause(); return a')
    assert.equal(aliased(pause, 1, id), id)
    const defaults = (
      a: number = pause(id),
      { b = pause(1), ...rest }: { b?: number } = {},
      ...more: number[]
    ) => pause([a, b, Object.keys(rest).length, more.length])
    assert.deepEqual(defaults(undefined, undefined, 1, 2), [id, 1, 0, 2])
  },

  'a call with thousands of arguments': ({ id, pause }) => {
    const count = (...all: number[]): number => pause(all.length) + pause(all[2999] as number)
    assert.equal(count(...new Array<number>(3000).fill(id)), 3000 + id)
  },

  'switch and labelled loops': ({ id, pause }) => {
    let turns = 0
    outer: for (let row = 0; row < 3; row++) {
      for (let column = 0; column < 3; column++) {
        switch (pause(column)) {
          case pause(1):
            turns++
            continue outer
          default:
            turns += 10
        }
      }
    }
    assert.equal(turns, 33)
    assert.equal(pause(id) > 0 ? pause(id) : id, id)
  },

  'a hot loop that is compiled while it suspends': ({ id, pause }) => {
    let sum = 0
    for (let index = 0; index < 20_000; index++) {
      sum += (index ^ id) & 7
      if (index % 9_973 === 0) pause()
    }
    let expected = 0
    for (let index = 0; index < 20_000; index++) expected += (index ^ id) & 7
    assert.equal(sum, expected)
  },

  'optimised frames whose assumptions break while suspended': ({ id, pause }) => {
    const shape = { scale: 1 }
    // Code of its own per call: every coroutine gets its own optimised frame on its stack.
    const hot = new Function(
      'pause',
      'shape',
      'id',
      'let sum = 0; for (let i = 0; i < 15000; i++) { sum += shape.scale; if (i === 14000) pause() } return sum + id',
    )
    const run = (): number =>
      hot(
        () => {
          pause()
          shape.scale = 2
          ;(shape as Record<string, number>)[`n${id}`] = 1
        },
        shape,
        id,
      )
    assert.equal(run(), 14_001 + 999 * 2 + id)
  },

  'numbers in registers': ({ id, pause }) => {
    const mix = (a: number, b: number, c: number, d: number): number => {
      const left = a * 1.5 + b / 3
      pause()
      return left + Math.sqrt(c) * d - b / 3
    }
    assert.ok(Math.abs(mix(id, 7, 16, 0.25) - (id * 1.5 + 1)) < 1e-9)
  },

  'closures over a loop variable': ({ id, pause }) => {
    const closures: (() => number)[] = []
    for (let index = 0; index < 4; index++) closures.push(() => pause(index + id))
    assert.deepEqual(
      closures.map((closure) => closure()),
      [id, id + 1, id + 2, id + 3],
    )
  },
})
