import assert from 'node:assert/strict'
import {
  AsyncLocalStorage,
  createHook,
  executionAsyncId,
  executionAsyncResource,
} from 'node:async_hooks'
import { create as createDomain } from 'node:domain'
import { once } from 'node:events'
import { stat } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { leaf, say } from './leaf.ts'

// What belongs to a callback and stays with it while it waits, by name. Runs with the preload.

const programs: Record<string, () => unknown> = {
  context() {
    const storage = new AsyncLocalStorage<string>()
    storage.run('one', () => {
      setTimeout(() => {
        storage.run('nested', () => say(leaf('x'), storage.getStore()))
        process.nextTick(() => say(leaf('tick'), storage.getStore()))
        say(leaf('y'), storage.getStore())
      }, 1)
    })
    storage.run('two', async () => {
      await null
      leaf('z')
      await null
      say('after', storage.getStore())
      assert.equal(typeof executionAsyncResource(), 'object')
    })
  },

  /** To emit is to call functions: it lasts until they return. */
  /** Whoever called it runs under the same resource, and goes on while it waits. */
  async wrapped() {
    const values = new AsyncLocalStorage<string>()
    const server = createServer((_incoming, outgoing) =>
      values.run('callback', () => {
        leaf('')
        outgoing.end(`${values.getStore()} after a wait`)
      }),
    )
    const { emit } = server
    server.emit = (name: string, ...args: unknown[]) =>
      values.run('caller', () => {
        const result = Reflect.apply(emit, server, [name, ...args])
        if (name === 'request') say(`${values.getStore()} meanwhile`)
        return result
      })
    server.listen(0)
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    say(await fetch(`http://127.0.0.1:${port}`).then((response) => response.text()))
    server.closeAllConnections()
    server.close()
  },

  hooks() {
    const open: number[] = []
    let count = 0
    const hook = createHook({
      before: (id) => open.push(id),
      after: (id) => {
        // It was enabled in the middle of something.
        assert.equal(open.pop() ?? id, id)
        count++
      },
    })
    hook.enable()
    stat('.', () => {
      assert.equal(open.at(-1), executionAsyncId())
      const id = executionAsyncId()
      say(leaf('a hooked file'))
      assert.equal(executionAsyncId(), id)
      assert.ok(count > 0)
      say('before and after')
      hook.disable()
    })
  },

  domain() {
    const domain = createDomain()
    domain.on('error', ({ message }) => say('domain', message))
    domain.run(() => {
      setTimeout(() => {
        throw new Error('at once')
      }, 1)
      setTimeout(() => {
        leaf('')
        throw new Error('after a wait')
      }, 5)
    })
  },
}

;(programs[process.argv[2] ?? ''] as () => unknown)()
