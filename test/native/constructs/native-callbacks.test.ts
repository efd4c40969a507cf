import assert from 'node:assert/strict'
import { constructs } from '../../support/constructs.ts'
import { fixtures } from '../../support/fixtures.ts'

constructs('callbacks of native code', {
  'node::MakeCallback': ({ id, pause }) => {
    const result = fixtures.makeCallback(() => {
      pause()
      // An id that no resource has: ids tell whose scope is on top.
      return fixtures.makeCallback(() => pause(id), 1e9 + id)
    })
    assert.equal(result, id)
  },

  'node::CallbackScope': ({ id, pause }) => {
    assert.equal(
      fixtures.inCallbackScope(() => pause(id)),
      id,
    )
  },

  'a nested v8::Isolate::Scope': ({ id, pause }) => {
    const result = fixtures.inIsolateScope(() => {
      pause()
      return fixtures.inIsolateScope(() => pause(id))
    })
    assert.equal(result, id)
  },

  'handles that native code holds': ({ pause }) => {
    const sum = fixtures.withHandles(() => {
      for (let round = 0; round < 4; round++) pause()
    })
    assert.equal(sum, (31 * 32) / 2)
  },

  'v8::TryCatch': ({ id, pause }) => {
    const caught = fixtures.tryCatch(() => {
      pause()
      throw new Error(`caught ${id}`)
    })
    assert.equal((caught as Error).message, `caught ${id}`)
    assert.equal(
      fixtures.tryCatch(() => pause(id)),
      id,
    )
  },

  'an error through native frames': ({ id, pause }) => {
    assert.throws(
      () =>
        fixtures.inIsolateScope(() =>
          fixtures.inIsolateScope(() => {
            fixtures.withHandles(pause)
            throw new Error(`through ${id}`)
          }),
        ),
      { message: `through ${id}` },
    )
  },

  // Node counts the handle scopes of Node-API and aborts unless they are closed in order.
  napi_call_function: {
    refusal: -6,
    run: ({ id, pause }) => {
      assert.equal(
        fixtures.napiCallInHandleScope(() => pause(id)),
        id,
      )
    },
  },

  napi_make_callback: {
    refusal: -6,
    run: ({ id, pause }) => {
      assert.equal(
        fixtures.napiMakeCallback(() => pause(id)),
        id,
      )
    },
  },
})
