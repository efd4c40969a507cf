import assert from 'node:assert/strict'
import { Deserializer, deserialize, Serializer, serialize } from 'node:v8'
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import { constructs, type Turn } from '../../support/constructs.ts'

interface HostViews {
  _setTreatArrayBufferViewsAsHostObjects(isOn: boolean): void
}

const slowRecord = ({ id, pause }: Turn): { a: number; list: { z: number }[] } => ({
  get a() {
    return pause(id)
  },
  list: [
    {
      get z() {
        return pause(id + 1)
      },
    },
  ],
})

constructs('serialization', {
  structuredClone: (turn) => {
    const clone = structuredClone({
      map: new Map([[turn.id, slowRecord(turn)]]),
      plain: slowRecord(turn),
    })
    const expected = { a: turn.id, list: [{ z: turn.id + 1 }] }
    assert.deepEqual(clone, { map: new Map([[turn.id, expected]]), plain: expected })
  },

  'structuredClone of something that throws': ({ id, pause }) => {
    const thrower = {
      get a(): never {
        pause()
        throw new Error(`clone ${id}`)
      },
    }
    assert.throws(() => structuredClone([thrower]), { message: `clone ${id}` })
  },

  'v8.serialize': (turn) => {
    assert.deepEqual(deserialize(serialize(slowRecord(turn))), {
      a: turn.id,
      list: [{ z: turn.id + 1 }],
    })
  },

  'the delegates of a serializer': ({ id, pause }) => {
    class SlowWriter extends Serializer {
      _writeHostObject(view: Uint8Array): void {
        this.writeUint32(pause(view[0] as number))
      }
    }
    class SlowReader extends Deserializer {
      _readHostObject(): Uint8Array {
        return Uint8Array.of(pause(this.readUint32()))
      }
    }
    const writer = new SlowWriter() as SlowWriter & HostViews
    writer._setTreatArrayBufferViewsAsHostObjects(true)
    writer.writeHeader()
    writer.writeValue({ id, bytes: Uint8Array.of(7) })
    const reader = new SlowReader(writer.releaseBuffer())
    reader.readHeader()
    assert.deepEqual(reader.readValue(), { id, bytes: Uint8Array.of(7) })
  },

  'a message that is posted': (turn) => {
    const { port1, port2 } = new MessageChannel()
    port1.postMessage(slowRecord(turn))
    const received = receiveMessageOnPort(port2)
    port1.close()
    assert.deepEqual(received?.message, { a: turn.id, list: [{ z: turn.id + 1 }] })
  },
})
