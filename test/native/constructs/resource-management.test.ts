import assert from 'node:assert/strict'
import { constructs } from '../../support/constructs.ts'
import { since, whereDefined } from '../../support/versions.ts'

interface Stack {
  adopt<T>(value: T, release: (value: T) => void): T
  defer(release: () => void): void
  dispose(): void
}
const DisposableStack = (globalThis as { DisposableStack?: new () => Stack }).DisposableStack

// Compiled at run time: TypeScript would replace `using` by code of its own.
const usingTwo = compiled(`
  const log = []
  {
    using first = { [Symbol.dispose]() { pause(); log.push('first' + id) } }
    using second = { [Symbol.dispose]() { pause(); log.push('second' + id) } }
    pause()
    log.push('body' + id)
  }
  return log`)
const usingThatThrows = compiled(`
  using first = { [Symbol.dispose]() { pause(); throw new Error('dispose' + id) } }
  pause()
  throw new Error('body' + id)`)

constructs('explicit resource management', {
  using: {
    missing: since(24),
    run: ({ id, pause }) => {
      assert.deepEqual(usingTwo?.(pause, id), [`body${id}`, `second${id}`, `first${id}`])
    },
  },

  'an error of the body and one of the disposal': {
    missing: since(24),
    run: ({ id, pause }) => {
      assert.throws(
        () => usingThatThrows?.(pause, id),
        (error: Error & { error?: Error; suppressed?: Error }) =>
          error.error?.message === `dispose${id}` && error.suppressed?.message === `body${id}`,
      )
    },
  },

  DisposableStack: {
    missing: whereDefined(DisposableStack, 'DisposableStack'),
    run: ({ id, pause }) => {
      const log: string[] = []
      const stack = new (DisposableStack as new () => Stack)()
      stack.adopt(id, (value) => {
        pause()
        log.push(`adopted${value}`)
      })
      stack.defer(() => {
        log.push(pause(`deferred${id}`))
      })
      stack.dispose()
      assert.deepEqual(log, [`deferred${id}`, `adopted${id}`])
    },
  },
})

function compiled(body: string): ((pause: unknown, id: number) => string[]) | undefined {
  return since(24) === undefined ? (new Function('pause', 'id', body) as never) : undefined
}
