import assert from 'node:assert/strict'
import { test } from 'node:test'
import { spawn, synced, wait } from 'greenthreads'

/** As the clients of databases are: private members, nested objects, plain results. */
class Client {
  #isOpen = true
  readonly users = {
    find: async (id: number) => ({ id, tags: ['a'] }),
    archive: { count: async () => 3 },
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  async query(text: string): Promise<{ rows: { text: string }[] }> {
    await null
    return { rows: [{ text }] }
  }

  async connect(): Promise<Client> {
    await null
    return new Client()
  }

  same(): this {
    return this
  }

  async close(): Promise<void> {
    await null
    this.#isOpen = false
  }

  async compare(other: Client): Promise<boolean> {
    return other === this
  }

  async fail(): Promise<never> {
    throw new Error('failed query')
  }
}

test('methods wait for the promises that they return', async () => {
  const client = synced(new Client())
  const thread = spawn(() => {
    const { rows } = client.query('select')
    client.close()
    return [rows[0]?.text, client.isOpen]
  })
  assert.deepEqual(await thread, ['select', false])
})

test('objects inside, and objects that methods return, are facades too', async () => {
  const client = synced(new Client())
  const thread = spawn(() => [
    client.users.find(5).id,
    client.users.archive.count(),
    client.connect().connect().query('nested').rows[0]?.text,
  ])
  assert.deepEqual(await thread, [5, 3, 'nested'])
})

test('plain data stays what it is', async () => {
  const date = new Date(0)
  const bytes = new Uint8Array(2)
  const source = { read: async () => ({ date, bytes, list: [{ a: 1 }], nested: { b: 2 } }) }
  await spawn(() => {
    const result = synced(source).read()
    assert.equal(result.date, date)
    assert.equal(result.bytes, bytes)
    assert.deepEqual(structuredClone(result), { date, bytes, list: [{ a: 1 }], nested: { b: 2 } })
  })
})

test('errors are thrown', async () => {
  await spawn(() => {
    assert.throws(() => synced(new Client()).fail(), /failed query/)
  })
})

test('the identity of facades is stable, and arguments arrive as originals', async () => {
  const original = new Client()
  const client = synced(original)
  assert.equal(synced(original), client)
  assert.equal(synced(client), client)
  assert.equal(client.same(), client)
  assert.ok(client instanceof Client)
  assert.equal(client.users, client.users)
  const thread = spawn(() => client.compare(client as never))
  assert.equal(await thread, true)
})

test('outside of threads, only what is synchronous works', () => {
  const client = synced(new Client())
  assert.equal(client.isOpen, true)
  assert.throws(() => client.query('select'), { code: 'ERR_GT_NOT_IN_GREEN_THREAD' })
})

test('functions with members can be facades, called and constructed', async () => {
  const make = Object.assign(async (n: number) => n + 1, { twice: async (n: number) => n * 2 })
  const module = synced({ make, Client })
  const thread = spawn(() => {
    const client = new (module.Client as unknown as typeof Client)()
    return [module.make(1), module.make.twice(4), client.query('x')]
  })
  assert.deepEqual(await thread, [2, 8, { rows: [{ text: 'x' }] }])
})

test('frozen objects work', async () => {
  const frozen = synced(Object.freeze({ inner: Object.freeze({ get: async () => 'cold' }) }))
  assert.deepEqual(Object.keys(frozen), ['inner'])
  assert.equal(await spawn(() => frozen.inner.get()), 'cold')
})

test('members can be set', () => {
  const target: { value: number; other?: object } = { value: 1 }
  const facade = synced(target)
  facade.value = 2
  facade.other = facade
  assert.equal(target.value, 2)
  assert.equal(target.other, target)
})

test('modules work', async () => {
  const fs = synced(await import('node:fs/promises'))
  const thread = spawn(() => fs.readFile(new URL(import.meta.url), 'utf8'))
  assert.match(String(await thread), /modules work/)
})

test('a promise that is a member is left alone', async () => {
  const facade = synced({ ready: Promise.resolve('ready') })
  assert.ok(facade.ready instanceof Promise)
  assert.equal(await spawn(() => wait(facade.ready)), 'ready')
})

test('something that is no object is refused', () => {
  assert.throws(() => synced('text' as never), {
    code: 'ERR_GT_INVALID_ARGUMENT',
    message: 'target must be an object or a function, got "text"',
  })
})
