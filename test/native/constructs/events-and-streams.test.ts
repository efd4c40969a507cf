import assert from 'node:assert/strict'
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import { channel } from 'node:diagnostics_channel'
import { EventEmitter } from 'node:events'
import { Readable, Transform, Writable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { constructs } from '../../support/constructs.ts'

constructs('events and streams', {
  EventEmitter: ({ id, pause }) => {
    const emitter = new EventEmitter()
    const heard: number[] = []
    emitter.on('ring', (value) => heard.push(pause(value)))
    emitter.once('ring', (value) => heard.push(pause(value + 1)))
    emitter.emit('ring', id)
    emitter.emit('ring', id)
    assert.deepEqual(heard, [id, id + 1, id])
  },

  'EventTarget and AbortSignal': ({ pause }) => {
    let heard = 0
    const target = new EventTarget()
    target.addEventListener('ring', () => {
      pause()
      heard++
    })
    target.dispatchEvent(new Event('ring'))
    const controller = new AbortController()
    controller.signal.addEventListener('abort', () => {
      pause()
      heard++
    })
    controller.abort()
    assert.equal(heard, 2)
  },

  'the read of a Readable': ({ id, pause }) => {
    const readable = new Readable({
      read() {
        pause()
        this.push(`a${id}`)
        this.push(null)
      },
    })
    assert.equal(String(readable.read()), `a${id}`)
  },

  'the write of a Writable and a Transform': ({ id, pause }) => {
    const written: string[] = []
    const writable = new Writable({
      write(chunk, _encoding, done) {
        pause()
        written.push(String(chunk))
        done()
      },
    })
    writable.write(`w${id}`)
    const transform = new Transform({
      transform(chunk, _encoding, done) {
        pause()
        done(null, String(chunk).toUpperCase())
      },
    })
    transform.write(`t${id}`)
    assert.deepEqual([...written, String(transform.read())], [`w${id}`, `T${id}`])
  },

  'a scope of an AsyncResource': ({ id, pause }) => {
    const resource = new AsyncResource('Construct')
    const inner = new AsyncResource('Inner')
    const result = resource.runInAsyncScope(() => {
      pause()
      return inner.runInAsyncScope(() => pause(id))
    })
    assert.equal(result, id)
  },

  'a scope of an AsyncResource that throws': ({ id, pause }) => {
    const resource = new AsyncResource('Construct')
    assert.throws(
      () =>
        resource.runInAsyncScope(() => {
          pause()
          throw new Error(`scope ${id}`)
        }),
      { message: `scope ${id}` },
    )
  },

  'AsyncLocalStorage.run': ({ id, pause }) => {
    assert.equal(
      storage.run(`outer${id}`, () => {
        pause()
        storage.run(`inner${id}`, () => {
          pause()
          assert.equal(storage.getStore(), `inner${id}`)
        })
        pause()
        return storage.getStore()
      }),
      `outer${id}`,
    )
  },

  'a diagnostics channel': ({ id, pause }) => {
    const topic = channel(`greenthreads-${id}`)
    const heard: unknown[] = []
    const listen = (message: unknown): void => {
      heard.push(pause(message))
    }
    topic.subscribe(listen)
    topic.publish(id)
    topic.unsubscribe(listen)
    assert.ok(heard.includes(id))
  },

  'a decoder between two chunks': ({ id, pause }) => {
    const decoder = new StringDecoder('utf8')
    const bytes = Buffer.from(`ä${id}`)
    const head = decoder.write(pause(bytes.subarray(0, 1)))
    assert.equal(head + pause(decoder.write(bytes.subarray(1))), `ä${id}`)
  },
})

const storage = new AsyncLocalStorage<string>()
