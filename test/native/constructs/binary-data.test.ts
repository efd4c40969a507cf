import assert from 'node:assert/strict'
import { constructs } from '../../support/constructs.ts'

type Resizable = ArrayBuffer & { resize(bytes: number): void }
const resizable = (bytes: number, maxByteLength: number): Resizable =>
  new (ArrayBuffer as unknown as new (bytes: number, options: object) => Resizable)(bytes, {
    maxByteLength,
  })

constructs('binary data', {
  'sort of typed arrays': ({ id, pause }) => {
    const numbers = new Float64Array([3, 1, 2].map((n) => n + id)).sort((a, b) => pause(a) - b)
    assert.deepEqual([...numbers], [1 + id, 2 + id, 3 + id])
    const big = BigInt64Array.of(2n, 1n).sort((a, b) => pause(Number(a - b)))
    assert.deepEqual([...big], [1n, 2n])
  },

  'map, from and fill': ({ id, pause }) => {
    assert.deepEqual(
      [...Uint16Array.from([1, 2], (item) => pause(item + id))],
      [1 + id, 2 + id].map((n) => n & 0xffff),
    )
    assert.deepEqual([...Int32Array.of(1, 2).map((item) => pause(item + id))], [1 + id, 2 + id])
    assert.deepEqual([...new Int32Array(2).fill({ valueOf: () => pause(id) } as never)], [id, id])
    const like = {
      length: 2,
      get 0() {
        return pause(id)
      },
      1: 1,
    }
    assert.deepEqual([...new Int32Array(like as never)], [id, 1])
  },

  'DataView and slice': ({ id, pause }) => {
    const buffer = new ArrayBuffer(16)
    const view = new DataView(buffer, { valueOf: () => pause(4) } as never)
    view.setInt32({ valueOf: () => pause(0) } as never, { valueOf: () => pause(id) } as never)
    assert.equal(view.getInt32(0), id)
    assert.equal(buffer.slice({ valueOf: () => pause(4) } as never).byteLength, 12)
  },

  'a buffer that is resized or detached meanwhile': ({ id, pause }) => {
    const buffer = resizable(8, 64)
    const bytes = new Int32Array(buffer)
    bytes[0] = id
    const grow = (): number => {
      pause()
      buffer.resize(32)
      return id
    }
    bytes.fill({ valueOf: grow } as never, 1)
    assert.equal(bytes[0], id)
    const detached = new Int32Array(4)
    const detach = (): number => {
      pause()
      structuredClone(detached.buffer, { transfer: [detached.buffer] })
      return 1
    }
    detached[0] = { valueOf: detach } as never
    assert.equal(detached.length, 0)
  },

  Atomics: ({ id, pause }) => {
    const cells = new Int32Array(new SharedArrayBuffer(8))
    assert.equal(Atomics.add(cells, 0, { valueOf: () => pause(id) } as never), 0)
    assert.equal(cells[0], id)
    assert.equal(Atomics.wait(cells, 1, 0, { valueOf: () => pause(0) } as never), 'timed-out')
    assert.equal(Atomics.notify(cells, { valueOf: () => pause(0) } as never, 1), 0)
    assert.equal(Atomics.compareExchange(cells, 0, pause(id), id + 1), id)
  },

  'Buffer methods': ({ id, pause }) => {
    const text = { [Symbol.toPrimitive]: () => pause(`b${id}`) } as never
    assert.equal(Buffer.from(text).toString(), `b${id}`)
    const bytes = Buffer.alloc(8)
    for (const [offset, byte] of bytes.entries()) bytes[offset] = pause(byte + (id & 0x7f))
    assert.deepEqual([...bytes], new Array(8).fill(id & 0x7f))
  },
})
