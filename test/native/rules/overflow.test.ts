import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { serialize } from 'node:v8'
import { runInThisContext } from 'node:vm'
import { Coroutine } from '../../support/raw-coroutine.ts'
import { finish, suspendMany, withoutLeaks } from '../../support/suspended.ts'
import { instantiate, recursive } from '../../support/webassembly.ts'

const deepObject = (depth: number): object => {
  let object: object = {}
  for (let level = 0; level < depth; level++) object = { object }
  return object
}
const deepArray = (depth: number): unknown[] => {
  let array: unknown[] = []
  for (let level = 0; level < depth; level++) array = [array]
  return array
}
const nested = (open: string, close: string, depth: number, inside = '1'): string =>
  open.repeat(depth) + inside + close.repeat(depth)

const forever = new Function('code', 'return eval(code)')

/** Recursion in JavaScript or in native code that has no end, or one too far away for any stack. */
const endless: Record<string, () => unknown> = {
  'a function': function self(): unknown {
    return [self()]
  },
  'JSON.parse of deep text with a reviver': () =>
    JSON.parse(nested('[', ']', 50_000), (_key, value) => value),
  'JSON.stringify of a deep object with a replacer': () =>
    JSON.stringify(deepObject(200_000), (_key, value) => value),
  'JSON.stringify inside toJSON': () => {
    const object = { toJSON: (): string => JSON.stringify(object) }
    return JSON.stringify(object)
  },
  'structuredClone of a deep object': () => structuredClone(deepObject(200_000)),
  'v8.serialize of a deep object': () => serialize(deepObject(200_000)),
  'Array.prototype.flat': () => deepArray(200_000).flat(Number.POSITIVE_INFINITY),
  'Array.prototype.join': () => String(deepArray(200_000)),
  'eval of deep parentheses': () => forever(nested('(', ')', 100_000)),
  'eval of deep arrays': () => forever(nested('[', ']', 100_000)),
  'eval of deep arrow functions': () => forever(nested('(()=>', ')', 20_000)),
  'a proxy behind a proxy': () => {
    let proxy: { any?: unknown } = {}
    for (let level = 0; level < 200_000; level++) proxy = new Proxy(proxy, {})
    return proxy.any
  },
  'a proxy that is its own prototype': () => {
    const proxy: object = new Proxy({}, { getPrototypeOf: () => proxy })
    return proxy instanceof Map
  },
  'a getter': () => {
    const object = {
      get self(): unknown {
        return this.self
      },
    }
    return object.self
  },
  'a conversion': () => {
    const object: object = { valueOf: (): number => +(object as never) }
    return +(object as never)
  },
  'a sort comparator': function self(): unknown {
    return [2, 1].sort(self as never)
  },
  'a replace callback': function self(): string {
    return 'a'.replace(/a/, self)
  },
  'a constructor': () => {
    class Self {
      constructor() {
        new Self()
      }
    }
    return new Self()
  },
  'delegating generators': () => {
    function* self(): Generator<unknown> {
      yield* self()
    }
    return self().next()
  },
  'Reflect.apply': function self(): unknown {
    return Reflect.apply(self, null, [])
  },
  'eval inside eval': () => {
    const scope = globalThis as { evaluateAgain?: () => unknown }
    scope.evaluateAgain = () => runInThisContext('evaluateAgain()')
    return scope.evaluateAgain()
  },
  WebAssembly: () => instantiateRecursive().run(),
}

const instantiateRecursive = (): { run: () => number } => instantiate(recursive, () => 0)

describe('recursion without end inside a coroutine is a RangeError', () => {
  for (const [name, recurse] of Object.entries(endless)) {
    test(name, () => {
      withoutLeaks(() => {
        const [neighbour] = suspendMany(1) as [Coroutine]
        const coroutine = new Coroutine(() => {
          assert.throws(recurse, RangeError)
          Coroutine.suspend()
          return 'unharmed'
        })
        assert.equal(finish(coroutine), 'unharmed')
        assert.equal(finish(neighbour), 0)
      })
    })
  }

  test('of async functions, where it becomes a rejection', async () => {
    let rejected: Promise<void> | undefined
    const self = async (): Promise<void> => {
      await self()
    }
    withoutLeaks(() => {
      finish(
        new Coroutine(() => {
          rejected = self()
        }),
      )
    })
    await assert.rejects(rejected as Promise<void>, RangeError)
  })
})
