import assert from 'node:assert/strict'
import { constructs } from '../../support/constructs.ts'

constructs('proxy traps', {
  'get, has, set and deleteProperty': ({ id, pause }) => {
    const log: string[] = []
    const proxy = new Proxy({} as Record<string, unknown>, {
      get: (_target, key) => pause(`${String(key)}${id}`),
      has: (_target, key) => pause(key === 'known'),
      set: (_target, key, value) => pause(log.push(`set ${String(key)}=${value}`) > 0),
      deleteProperty: (_target, key) => pause(log.push(`delete ${String(key)}`) > 0),
    })
    assert.equal(proxy.name, `name${id}`)
    assert.equal('known' in proxy, true)
    assert.equal('unknown' in proxy, false)
    proxy.field = id
    delete proxy.field
    assert.deepEqual(log, [`set field=${id}`, 'delete field'])
  },

  'apply and construct': ({ id, pause }) => {
    const proxy = new Proxy(
      class {} as unknown as { new (x: number): { x: number }; (x: number): number },
      {
        apply: (_target, _self, [x]) => pause(x + id),
        construct: (_target, [x]) => pause({ x: x + id }),
      },
    )
    assert.equal(proxy(1), 1 + id)
    assert.equal(new proxy(2).x, 2 + id)
    assert.equal(Reflect.apply(proxy, null, [3]), 3 + id)
  },

  'ownKeys, getOwnPropertyDescriptor and defineProperty': ({ id, pause }) => {
    const proxy = new Proxy({ [`k${id}`]: id } as Record<string, unknown>, {
      ownKeys: (target) => pause(Reflect.ownKeys(target)),
      getOwnPropertyDescriptor: (target, key) =>
        pause(Reflect.getOwnPropertyDescriptor(target, key)),
      defineProperty: (target, key, descriptor) =>
        pause(Reflect.defineProperty(target, key, descriptor)),
    })
    assert.deepEqual(Object.keys(proxy), [`k${id}`])
    Object.defineProperty(proxy, 'added', { value: 1, enumerable: true, configurable: true })
    assert.deepEqual({ ...proxy }, { [`k${id}`]: id, added: 1 })
    assert.ok(Object.hasOwn(proxy, 'added'))
  },

  'getPrototypeOf, setPrototypeOf, isExtensible and preventExtensions': ({ pause }) => {
    class Parent {}
    const proxy = new Proxy(
      {},
      {
        getPrototypeOf: () => pause(Parent.prototype),
        setPrototypeOf: (target, prototype) => pause(Reflect.setPrototypeOf(target, prototype)),
        isExtensible: (target) => pause(Reflect.isExtensible(target)),
        preventExtensions: (target) => pause(Reflect.preventExtensions(target)),
      },
    )
    assert.ok(proxy instanceof Parent)
    Object.setPrototypeOf(proxy, null)
    assert.equal(Object.isExtensible(proxy), true)
    Object.freeze(proxy)
    assert.equal(Object.isFrozen(proxy), true)
  },

  'a proxy in a prototype chain': ({ id, pause }) => {
    const parent = new Proxy({}, { get: (_target, key) => pause(`${String(key)}${id}`) })
    const child = Object.create(Object.create(parent)) as Record<string, string>
    assert.equal(child.far, `far${id}`)
  },

  'a proxy over a proxy': ({ id, pause }) => {
    let layered: Record<string, number> = { value: id }
    for (let layer = 0; layer < 4; layer++) {
      layered = new Proxy(layered, {
        get: (target, key, self) => pause(Reflect.get(target, key, self)),
      })
    }
    assert.equal(layered.value, id)
  },

  'a trap that throws': ({ id, pause }) => {
    const proxy = new Proxy({} as { any: unknown }, {
      get() {
        pause()
        throw new RangeError(`trap ${id}`)
      },
    })
    assert.throws(() => proxy.any, { name: 'RangeError', message: `trap ${id}` })
  },

  'revocation while a trap is suspended': ({ id, pause }) => {
    const { proxy, revoke } = Proxy.revocable(
      { value: id },
      {
        get(target, key, self) {
          pause()
          revoke()
          return Reflect.get(target, key, self)
        },
      },
    )
    assert.equal(proxy.value, id)
    assert.throws(() => proxy.value, TypeError)
  },
})
