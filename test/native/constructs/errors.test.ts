import assert from 'node:assert/strict'
import { constructs } from '../../support/constructs.ts'

constructs('errors', {
  'the stack of an error made after a suspension': ({ pause }) => {
    function namedFrame(): string {
      pause()
      const { stack } = new Error('after')
      pause()
      return String(stack)
    }
    assert.match(namedFrame(), /namedFrame/)
  },

  'a stack that is formatted after a suspension': ({ id, pause }) => {
    const error = new Error(`lazy ${id}`)
    pause()
    assert.match(String(error.stack), new RegExp(`^Error: lazy ${id}\\n\\s+at `))
    const holder: { stack?: string } = {}
    Error.captureStackTrace(holder)
    pause()
    assert.match(String(holder.stack), /\n\s+at /)
  },

  'the name, message and cause as getters': ({ id, pause }) => {
    class Slow extends Error {
      override get name(): string {
        return pause(`Slow${id}`)
      }
    }
    assert.equal(String(new Slow('text')), `Slow${id}: text`)
    const options = {
      get cause() {
        return pause(id)
      },
    }
    assert.equal(new Error('with cause', options).cause, id)
    assert.equal(new Error({ toString: () => pause(`m${id}`) } as never).message, `m${id}`)
  },

  'the errors of an AggregateError': ({ id, pause }) => {
    function* errors(): Generator<Error> {
      yield pause(new Error(`one ${id}`))
    }
    assert.equal(new AggregateError(errors()).errors[0].message, `one ${id}`)
  },

  'Error.prepareStackTrace': {
    isGlobal: true,
    run: ({ id, pause }) => {
      const error = new Error(`prepared ${id}`)
      const before = Error.prepareStackTrace
      Error.prepareStackTrace = (failed, sites) => `${failed.message} at ${sites.length > 0}`
      try {
        // V8 formats at construction or at first access; the hook itself must not suspend.
        assert.match(String(new Error(`inner ${id}`).stack), new RegExp(`inner ${id}`))
      } finally {
        Error.prepareStackTrace = before
      }
      pause()
      assert.equal(error.message, `prepared ${id}`)
    },
  },

  'a rethrown error keeps its stack': ({ id, pause }) => {
    const original = new Error(`kept ${id}`)
    const stack = original.stack
    try {
      try {
        pause()
        throw original
      } catch (error) {
        pause()
        throw error
      }
    } catch (error) {
      assert.equal(error, original)
      assert.equal((error as Error).stack, stack)
    }
  },
})
