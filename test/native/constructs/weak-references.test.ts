import assert from 'node:assert/strict'
import { constructs } from '../../support/constructs.ts'
import { collectFull, collectMinor } from '../../support/garbage.ts'

constructs('weak references', {
  'a WeakRef to something that stays on the stack': ({ id, pause }) => {
    const kept = { id }
    const reference = new WeakRef(kept)
    pause()
    assert.equal(reference.deref(), kept)
    pause()
    assert.equal(reference.deref()?.id, id)
    assert.equal(kept.id, id)
  },

  'a FinalizationRegistry whose targets come and go': ({ id, pause }) => {
    const registry = new FinalizationRegistry(() => {})
    const token = {}
    for (let index = 0; index < 3; index++) registry.register({ index }, id, token)
    pause()
    assert.equal(registry.unregister(token), true)
  },

  'a WeakMap and a WeakSet across collections': ({ id, pause }) => {
    const map = new WeakMap<object, { id: number }>()
    const keys = Array.from({ length: 20 }, (_, index) => ({ index }))
    for (const key of keys) map.set(key, { id: id + key.index })
    pause()
    collectMinor()
    pause()
    const set = new WeakSet(keys)
    for (const key of keys) {
      assert.equal(map.get(key)?.id, id + key.index)
      assert.ok(set.has(key))
    }
  },

  'young objects that only this stack holds, across collections': ({ id, pause }) => {
    const young = Array.from({ length: 50 }, (_, index) => ({
      index,
      text: `${id}:${index}`,
      more: [id],
    }))
    pause()
    collectMinor()
    pause()
    collectFull()
    for (const [index, entry] of young.entries()) {
      assert.deepEqual(entry, { index, text: `${id}:${index}`, more: [id] })
    }
  },
})
