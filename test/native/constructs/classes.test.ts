import assert from 'node:assert/strict'
import { constructs } from '../../support/constructs.ts'

constructs('classes', {
  'fields, private fields and static blocks': ({ id, pause }) => {
    class Account {
      static opened: number = pause(id)
      static closed: number
      static {
        pause()
        Account.closed = id + 1
      }
      #balance: number = pause(id)
      readonly owner: string = pause(`owner${id}`)
      get balance(): number {
        return this.#balance
      }
    }
    const account = new Account()
    assert.deepEqual([Account.opened, Account.closed], [id, id + 1])
    assert.deepEqual([account.balance, account.owner], [id, `owner${id}`])
  },

  'extends, super and new.target': ({ id, pause }) => {
    class Base {
      readonly made: string
      constructor(value: number) {
        pause()
        this.made = `${new.target.name}${value}`
      }
      name(): string {
        return pause('base')
      }
    }
    class Derived extends pause(Base) {
      readonly late: number = pause(id)
      constructor() {
        super(pause(id))
        pause()
      }
      override name(): string {
        return `derived ${super.name()}`
      }
    }
    const derived = new Derived()
    assert.deepEqual(
      [derived.made, derived.late, derived.name()],
      [`Derived${id}`, id, 'derived base'],
    )
  },

  'computed member names': ({ id, pause }) => {
    class Computed {
      [pause(`method${id}`)](): number {
        return pause(id)
      }
      static get [pause(`field${id}`)](): number {
        return pause(id)
      }
    }
    const members = new Computed() as unknown as Record<string, () => number>
    assert.equal(members[`method${id}`]?.(), id)
    assert.equal((Computed as unknown as Record<string, number>)[`field${id}`], id)
  },

  'a constructor that returns another object': ({ id, pause }) => {
    class Base {
      constructor() {
        pause()
        // biome-ignore lint/correctness/noConstructorReturn: the returned object becomes `this`
        return { replaced: id } as never
      }
    }
    class Derived extends Base {
      own: number = pause(id)
    }
    assert.deepEqual({ ...new Derived() }, { replaced: id, own: id })
  },

  'a constructor that throws': ({ id, pause }) => {
    class Thrower {
      value: number = pause(id)
      constructor() {
        pause()
        throw new Error(`constructor ${id}`)
      }
    }
    assert.throws(() => new Thrower(), { message: `constructor ${id}` })
  },

  'private methods, accessors and brand checks': ({ id, pause }) => {
    class Secret {
      #read(): number {
        return pause(id)
      }
      get #doubled(): number {
        return pause(this.#read()) * 2
      }
      static has(candidate: object): boolean {
        return #read in pause(candidate)
      }
      reveal(): number {
        return this.#doubled
      }
    }
    assert.equal(new Secret().reveal(), id * 2)
    assert.deepEqual([Secret.has(new Secret()), Secret.has({})], [true, false])
  },

  'Reflect.construct with another new target': ({ id, pause }) => {
    class Base {
      readonly value: number
      constructor(value: number) {
        pause()
        this.value = value
      }
    }
    class Other {}
    const target = new Proxy(Other, { get: (inner, key) => pause(Reflect.get(inner, key)) })
    assert.equal(Reflect.construct(Base, [pause(id)], target).value, id)
  },
})
