import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { register } from 'node:module'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { current, Local, Lock, spawn, wait, withTimeout } from 'greenthreads'
import { leaf, say } from './leaf.ts'

// What can be done where it may wait, by name. Runs with the preload.

const programs: Record<string, () => unknown> = {
  timer: () => setTimeout((name) => say(leaf(name)), 1, 'a timer'),
  immediate: () => setImmediate(() => say(leaf('an immediate'))),
  immediates() {
    const served: string[] = []
    for (const name of ['first', 'second', 'third']) {
      setImmediate(() => {
        served.push(name)
        leaf(name)
        say(name, served.length)
      })
    }
  },
  tick: () => process.nextTick(() => say(leaf('a tick'))),
  reaction: () => Promise.resolve('a reaction').then((name) => say(leaf(name))),
  microtask: () => queueMicrotask(() => say(leaf('a microtask'))),
  refusal: () => Promise.reject(new Error('a refusal')).catch(({ message }) => say(leaf(message))),

  interval() {
    let times = 0
    const timer = setInterval(() => {
      if (++times === 3) clearInterval(timer)
      say(leaf(`interval ${times}`))
    }, 1)
  },

  event() {
    const emitter = new EventEmitter()
    emitter.on('event', (name) => say(leaf(name)))
    emitter.on('event', () => say('the next listener'))
    setImmediate(() => say(emitter.emit('event', 'an event'), emitter.emit('nobody listens')))
  },

  async async() {
    await null
    const names = ['async', 'function'].map((name) => leaf(name))
    await delay(1)
    say(...names, leaf('twice'))
  },

  /** Native code calls back within a function that waits. */
  async constructs() {
    await null
    say(
      [3, 1, 2].sort((a, b) => leaf(a - b)).join(),
      'x-y'.replace('-', () => leaf('+')),
    )
  },

  sorted() {
    const log: number[] = []
    for (const ms of [9, 1, 5]) {
      queueMicrotask(() => {
        wait(delay(ms * 4))
        log.push(ms)
        if (log.length === 3) say(log.join())
      })
    }
  },

  async many() {
    const waiting = Array.from({ length: 1000 }, async (_, i) => {
      await null
      return leaf(i)
    })
    const sum = (await Promise.all(waiting)).reduce((a, b) => a + b)
    say(sum)
  },

  /** Callbacks are no green threads that anybody could name. */
  nameless() {
    const local = new Local({ initial: () => ['of main'] })
    local.get().push('seen')
    setImmediate(() => {
      say(current(), leaf(local.get().join(' ')))
      const thread = spawn(() => say(current()?.state, leaf(local.get().join(' '))))
      assert.equal(thread.parent, undefined)
    })
  },

  deadline() {
    setImmediate(() => {
      try {
        withTimeout(5, () => wait(new Promise(() => {})))
      } catch (error) {
        say((error as { code: string }).code)
      }
    })
  },

  uncaught() {
    process.on('uncaughtException', ({ message }) => say('uncaught', message))
    setTimeout(() => {
      throw new Error('at once')
    }, 1)
    setTimeout(() => {
      leaf('')
      throw new Error('after a wait')
    }, 5)
    setTimeout(() => {
      process.nextTick(() => {
        leaf('')
        throw new Error('in a tick')
      })
    }, 20)
    setTimeout(() => say('goes on'), 40)
  },

  late() {
    process.on('uncaughtException', ({ message }) => say('uncaught', message))
    process.nextTick(() => {
      leaf('')
      process.nextTick(() => say('the next tick'))
      throw new Error('before it')
    })
  },

  unhandled() {
    process.on('unhandledRejection', ({ message }: Error) => say('unhandled', message))
    const fail = async (): Promise<void> => {
      await null
      leaf('')
      throw new Error('after a wait')
    }
    fail()
  },

  crash: () =>
    setTimeout(() => {
      leaf('')
      throw new Error('nobody catches it')
    }, 1),

  exit() {
    process.on('exit', (code) => {
      assert.throws(() => leaf(''), { code: 'ERR_GT_CANNOT_SUSPEND_EXITING' })
      assert.equal(statSync('.').isDirectory(), true)
      say('exit', code)
    })
    setTimeout(() => {
      leaf('')
      process.exit(7)
    }, 1)
  },

  forever: () => queueMicrotask(() => wait(new Promise(() => {}))),

  worker() {
    const worker = new Worker(new URL(import.meta.url), { argv: ['timer'] })
    worker.on('exit', (code) => say(leaf('worker'), code))
  },

  patched() {
    setImmediate(() => {
      let isLater = false
      Promise.resolve().then(() => {
        isLater = true
      })
      readFileSync(new URL(import.meta.url))
      say('suspended meanwhile:', isLater)
    })
  },

  /** Node.js itself waits for another thread, in the middle of what may wait. */
  registered() {
    const hooks = 'export const resolve = (name, context, next) => next(name, context)'
    process.noDeprecation = true // newer versions of Node.js prefer another function
    register(`data:text/javascript,${encodeURIComponent(hooks)}`)
    say('hooks of modules')
  },

  nested() {
    const emitter = new EventEmitter()
    let effect = 'nothing'
    emitter.on('event', () => {
      effect = leaf('the effect of a listener')
    })
    setImmediate(() => {
      emitter.emit('event')
      say(effect)
    })
  },

  locks() {
    const lock = new Lock()
    let log = ''
    for (const name of ['1', '2']) {
      setTimeout(() => {
        using _ = lock.hold()
        log += leaf(name)
        if (log.length === 2) say([...log].join(' '))
      }, 1)
    }
  },

  server() {
    const server = createServer(async (request, response) => {
      await null
      const parts = [1, 2].map((part) => leaf(part))
      let body = ''
      for await (const chunk of request) body += chunk
      response.end(`${parts} ${leaf(body)}`)
    })
    server.listen(0, '127.0.0.1', async () => {
      const { port } = server.address() as AddressInfo
      const ask = async (i: number): Promise<string> => {
        const answer = await fetch(`http://127.0.0.1:${port}`, {
          method: 'POST',
          body: `body ${i}`,
        })
        return answer.text()
      }
      const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => ask(i)))
      say(answers.every((answer, i) => answer === `1,2 body ${i}`))
      server.close()
      server.closeAllConnections()
    })
  },
}

const name = process.argv[2] ?? ''
if (name === 'top') say(leaf('the top level of the main module'))
else (programs[name] as () => unknown)()
