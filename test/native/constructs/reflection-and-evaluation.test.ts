import assert from 'node:assert/strict'
import {
  compileFunction,
  createContext,
  runInContext,
  runInNewContext,
  runInThisContext,
  Script,
} from 'node:vm'
import { constructs } from '../../support/constructs.ts'

constructs('reflection and evaluation', {
  'Reflect.apply, call, apply and bind': ({ id, pause }) => {
    const add = function (this: { base: number }, extra: number): number {
      return pause(this.base + extra)
    }
    const self = { base: id }
    assert.equal(Reflect.apply(add, self, [1]), id + 1)
    assert.equal(add.call(self, 2), id + 2)
    assert.equal(
      add.apply(self, {
        length: 1,
        get 0() {
          return pause(3)
        },
      } as never),
      id + 3,
    )
    assert.equal(add.bind(self, 4)(), id + 4)
    assert.equal(Function.prototype.call.call(add, self, 5), id + 5)
  },

  'Reflect.get, set, has and ownKeys': ({ id, pause }) => {
    const object = {
      get value() {
        return pause(id)
      },
      set value(next) {
        pause(next)
      },
    }
    assert.equal(Reflect.get(object, { toString: () => pause('value') } as never), id)
    assert.equal(Reflect.set(object, 'value', 1), true)
    assert.equal(Reflect.has(object, pause('value')), true)
  },

  'direct and indirect eval': ({ id, pause }) => {
    // biome-ignore lint/security/noGlobalEval: suspending inside it is what is tested
    assert.equal(eval('pause(1) + id'), id + 1)
    assert.equal(new Function('pause', 'id', 'return pause(id) + 1')(pause, id), id + 1)
    // biome-ignore lint/security/noGlobalEval: suspending inside it is what is tested
    const indirect = eval
    assert.equal(indirect('(pause) => pause(2) + pause(3)')(pause), 5)
  },

  'code in a vm context': ({ id, pause }) => {
    const context = createContext({ pause, id })
    assert.equal(
      runInContext(
        'pause(1); var sorted = [3, 1, 2].sort((a, b) => pause(a) - b); sorted[0] + id',
        context,
      ),
      1 + id,
    )
    assert.equal(context.sorted.length, 3)
    assert.equal(runInContext('sorted.map(pause).length', context), 3)
  },

  'code in a new vm context and in this one': ({ id, pause }) => {
    assert.equal(new Script('pause(id)').runInNewContext({ pause, id }), id)
    assert.equal(runInNewContext('[id].map((x) => pause(x))[0]', { pause, id }), id)
    assert.equal(runInThisContext('(pause, id) => pause(id)')(pause, id), id)
    assert.equal(compileFunction('return pause(id)', ['pause', 'id'])(pause, id), id)
  },

  'an intercepted global of a vm context': ({ id, pause }) => {
    const sandbox = new Proxy<Record<string, unknown>>(
      { id },
      {
        get: (target, key) => pause(target[String(key)]),
        has: (target, key) => pause(key in target),
        set: (target, key, value) => pause(Reflect.set(target, key, value)),
      },
    )
    const context = createContext(sandbox)
    assert.equal(
      runInContext('made = id + 1; typeof missing + made', context),
      `undefined${id + 1}`,
    )
  },

  'an error out of a vm context': ({ id, pause }) => {
    assert.throws(
      () => runInNewContext('pause(); throw new TypeError("vm " + id)', { pause, id }),
      {
        message: `vm ${id}`,
      },
    )
  },

  'generated functions of every kind': ({ id, pause }) => {
    const GeneratorFunction = Object.getPrototypeOf(function* () {}).constructor
    const made = new GeneratorFunction('pause', 'id', 'yield pause(id); yield pause(id + 1)')
    assert.deepEqual([...made(pause, id)], [id, id + 1])
  },
})
