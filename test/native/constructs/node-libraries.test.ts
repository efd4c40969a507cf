import assert from 'node:assert/strict'
import { Console } from 'node:console'
import { createHash, createHmac } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { format, inspect } from 'node:util'
import { gunzipSync, gzipSync } from 'node:zlib'
import { constructs } from '../../support/constructs.ts'

constructs('Node libraries', {
  'util.inspect with custom text and getters': ({ id, pause }) => {
    const custom = { [inspect.custom]: () => pause(`custom${id}`) }
    assert.match(inspect({ custom }), new RegExp(`custom${id}`))
    const getter = {
      get value() {
        return pause(id)
      },
    }
    assert.match(inspect(getter, { getters: true }), new RegExp(`${id}`))
    assert.match(format('%s', { toString: () => pause(`text${id}`) }), new RegExp(`text${id}`))
  },

  'deep equality over getters': ({ id, pause }) => {
    const left = {
      get value() {
        return pause(id)
      },
    }
    assert.deepEqual(left.value, id)
    assert.notDeepEqual(new Map([[{ a: pause(1) }, left]]), new Map([[{ a: 2 }, left]]))
  },

  'a console whose stream waits': ({ id, pause }) => {
    const written: string[] = []
    const stream = new Writable({
      write(chunk, _encoding, done) {
        pause()
        written.push(String(chunk))
        done()
      },
    })
    new Console(stream).log('number %d', id)
    assert.deepEqual(written, [`number ${id}\n`])
  },

  'options of a file read': ({ pause }) => {
    const file = openSync(fileURLToPath(import.meta.url), 'r')
    const bytes = Buffer.alloc(6)
    const options = {
      get position() {
        return pause(0)
      },
    }
    assert.equal(readSync(file, bytes, options), 6)
    closeSync(file)
    assert.equal(bytes.toString(), 'import')
  },

  'hashes and compression between suspensions': ({ id, pause }) => {
    const hash = createHash('sha256').update(pause(`part${id}`))
    const hmac = createHmac('sha1', 'key').update(pause(`${id}`))
    const packed = gzipSync(pause(`text${id}`.repeat(50)))
    assert.equal(hash.digest('hex'), createHash('sha256').update(`part${id}`).digest('hex'))
    assert.equal(hmac.digest('hex'), createHmac('sha1', 'key').update(`${id}`).digest('hex'))
    assert.equal(gunzipSync(pause(packed)).toString(), `text${id}`.repeat(50))
  },

  'URLs and search parameters': ({ id, pause }) => {
    const url = new URL({ toString: () => pause(`http://example.com/${id}`) } as never)
    assert.equal(url.pathname, `/${id}`)
    function* pairs(): Generator<[string, string]> {
      yield pause(['id', `${id}`])
    }
    assert.equal(String(new URLSearchParams(pairs() as never)), `id=${id}`)
  },

  'a function that is timed': ({ id, pause }) => {
    assert.equal(performance.timerify(() => pause(id))(), id)
  },

  'TextEncoder and TextDecoder': ({ id, pause }) => {
    const bytes = new TextEncoder().encode({ toString: () => pause(`é${id}`) } as never)
    assert.equal(new TextDecoder().decode(pause(bytes)), `é${id}`)
  },
})
