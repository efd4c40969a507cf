import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { pbkdf2, randomBytes } from 'node:crypto'
import { lookup } from 'node:dns'
import { EventEmitter, once } from 'node:events'
import { readFile, stat } from 'node:fs'
import { Agent, createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PerformanceObserver, performance } from 'node:perf_hooks'
import { PassThrough, type TransformOptions } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { deflate, inflate } from 'node:zlib'
import { wait } from 'greenthreads'
import { leaf, say } from './leaf.ts'

// Who calls functions that may wait, by name. Runs with the preload.

const programs: Record<string, () => unknown> = {
  file() {
    stat('.', (_, stats) => {
      assert.ok(stats.isDirectory())
      say(leaf('its directory'))
    })
    readFile(new URL(import.meta.url), () => say(leaf('a file')))
  },

  dns: () => lookup('127.0.0.1', { family: 4 }, () => say(leaf('an address'))),

  crypto() {
    randomBytes(32, (_, bytes) => say(leaf(bytes.length), 'bytes'))
    pbkdf2('secret', 'salt', 10, 16, 'sha256', () => say(leaf('a key')))
  },

  zlib() {
    deflate('text', (_, data) => {
      say(leaf('compressed'))
      inflate(data, () => say(leaf('expanded')))
    })
  },

  child() {
    const child = spawn(process.execPath, ['-e', 'process.exitCode = 3'])
    const closed = once(child, 'close')
    // Node.js emits `close` after `exit`: it must not wait for this listener.
    child.on('exit', (code) => {
      const [status] = wait(closed) as [number]
      say('exit', code)
      say('close', status)
    })
  },

  target() {
    const target = new EventTarget()
    target.addEventListener('event', () => say(leaf('an event target')))
    setImmediate(() => say(target.dispatchEvent(new Event('event'))))
    const signal = AbortSignal.timeout(5)
    signal.addEventListener('abort', () => say(leaf('aborted'), 'in time'))
    setTimeout(() => undefined, 20) // such a signal does not keep the process alive
  },

  port() {
    const { port1, port2 } = new MessageChannel()
    port1.on('message', (text) => {
      say(leaf(text))
      port1.postMessage('an answer')
    })
    port2.on('message', (text) => {
      say(leaf(text))
      port2.close()
    })
    port2.postMessage('a message')
  },

  process() {
    process.once('SIGUSR2', (signal) => say(leaf(signal)))
    process.kill(process.pid, 'SIGUSR2')
    process.removeAllListeners('warning')
    process.on('warning', ({ message }) => say(leaf(message)))
    process.emitWarning('a warning')
    setTimeout(() => undefined, 20)
    process.once('beforeExit', () => say(leaf('before the end')))
  },

  async collected() {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    let isCollected = false
    const registry = new FinalizationRegistry<string>((held) => {
      say(leaf(held))
      isCollected = true
    })
    ;(() => registry.register({}, 'collected'))()
    while (!isCollected) {
      await delay(1)
      collect()
    }
  },

  observer() {
    const observer = new PerformanceObserver((list) => {
      say(leaf(list.getEntries().length), 'measure')
      observer.disconnect()
    })
    observer.observe({ entryTypes: ['measure'] })
    performance.measure('a measure')
  },

  /** A parser must not be entered again while a listener waits in the middle of its message. */
  async client() {
    const server = createServer((request, response) => {
      const parts = [request.url, request.headers.host].map((part) => leaf(String(part).length))
      response.write(leaf('x'.repeat(1000)))
      response.end(parts.join())
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const agent = new Agent({ keepAlive: true, maxSockets: 4 })
    const lengths = await Promise.all(
      Array.from({ length: 60 }, () => {
        return new Promise<number>((resolve) => {
          get({ host: '127.0.0.1', port, agent }, (response) => {
            leaf('response')
            let length = 0
            let waiting = 1
            const oneLess = (): void => {
              if (--waiting === 0) resolve(length)
            }
            response.on('data', (chunk: Buffer) => {
              waiting++
              const { length: more } = leaf(chunk)
              length += more
              oneLess()
            })
            // While the last listener of `data` may still wait.
            response.on('end', oneLess)
          })
        })
      }),
    )
    say(
      lengths.every((length) => length === lengths[0]),
      lengths.length,
    )
    agent.destroy()
    server.close()
  },

  async thenable() {
    // biome-ignore lint/suspicious/noThenProperty: to be awaited.
    await { then: (resolve: (value: string) => void) => resolve(leaf('x')) }
    const lazy = {
      // biome-ignore lint/suspicious/noThenProperty: to be awaited.
      get then() {
        say(leaf('asked for by await'))
        return undefined
      },
    }
    await lazy
    say('a thenable')
  },

  stream() {
    const seen: string[] = []
    const stream = new PassThrough({ encoding: 'utf8' })
    stream.on('data', (chunk) => seen.push(leaf(chunk)))
    stream.on('end', () => {
      say(leaf('ended'))
      say(seen.join())
    })
    for (const chunk of ['one', 'two', 'three']) stream.write(chunk)
    stream.end()
  },

  rejections() {
    const listener = async () => {
      throw new Error(leaf('a refusal'))
    }
    for (const emitter of [
      new EventEmitter({ captureRejections: true }),
      new PassThrough({ captureRejections: true } as TransformOptions),
    ]) {
      emitter.on('event', listener)
      emitter.on('error', ({ message }) => say(message))
      setImmediate(() => emitter.emit('event'))
      process.nextTick(() => emitter.emit('event'))
    }
  },
}

;(programs[process.argv[2] ?? ''] as () => unknown)()
