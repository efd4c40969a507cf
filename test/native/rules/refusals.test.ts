import assert from 'node:assert/strict'
import { Session } from 'node:inspector'
import { describe, test } from 'node:test'
import { fixtures } from '../../support/fixtures.ts'
import { collectFull } from '../../support/garbage.ts'
import { Coroutine, Refused } from '../../support/raw-coroutine.ts'
import { finish, suspendMany, withoutLeaks } from '../../support/suspended.ts'
import { v8Major } from '../../support/versions.ts'

/** Runs `attempt` in a coroutine; it must be refused, after which the coroutine suspends as usual. */
function assertRefused(code: number, attempt: (suspend: () => void) => void): void {
  withoutLeaks(() => {
    let refused: unknown
    const coroutine = new Coroutine(() => {
      attempt(() => {
        try {
          Coroutine.suspend()
        } catch (error) {
          refused = error
        }
      })
      collectFull()
      Coroutine.suspend('suspended after the refusal')
      return 'ended'
    })
    assert.equal(coroutine.resume(), 'suspended after the refusal')
    assert.ok(refused instanceof Refused, `suspending was not refused but: ${refused}`)
    assert.equal(refused.code, code)
    collectFull()
    assert.equal(coroutine.resume(), 'ended')
  })
}

/** Tests run inside a microtask checkpoint, in which there is no second one. */
function inTheEventLoop(body: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        resolve(body())
      } catch (error) {
        reject(error)
      }
    })
  })
}

describe('suspending is refused, and works again afterwards', () => {
  test('inside JSON.stringify on V8 12', { skip: v8Major !== 12 && 'V8 12 only' }, () => {
    assertRefused(-1, (suspend) => {
      JSON.stringify({ toJSON: suspend })
    })
    assertRefused(-1, (suspend) => {
      JSON.stringify([1], (_key, value) => {
        suspend()
        return value
      })
    })
    assertRefused(-1, (suspend) => {
      const deep = (level: number): unknown =>
        level === 0 ? suspend() : [1].map(() => deep(level - 1))
      JSON.stringify({
        get a() {
          return deep(30)
        },
      })
    })
  })

  test('inside a v8::MicrotasksScope', () => {
    assertRefused(-2, (suspend) => fixtures.inMicrotasksScope(suspend))
  })

  test('inside code that the inspector evaluates', () => {
    const shared = globalThis as { suspendInside?: () => void }
    const session = new Session()
    session.connect()
    try {
      assertRefused(-2, (suspend) => {
        shared.suspendInside = suspend
        let failure: unknown
        session.post('Runtime.evaluate', { expression: 'suspendInside()' }, (error, result) => {
          failure = error ?? result?.exceptionDetails
        })
        assert.equal(failure, undefined)
      })
    } finally {
      session.disconnect()
      delete shared.suspendInside
    }
  })

  test('inside a microtask checkpoint that the coroutine runs itself', () =>
    inTheEventLoop(() => {
      let wasInside = false
      assertRefused(-3, (suspend) => {
        queueMicrotask(() => {
          wasInside = Coroutine.current !== undefined
          suspend()
        })
        fixtures.performCheckpoint()
      })
      assert.ok(wasInside)
    }))

  test('inside Node-API functions that call JavaScript', () => {
    assertRefused(-6, (suspend) => fixtures.napiCall(suspend))
    assertRefused(-6, (suspend) => fixtures.napiCallInHandleScope(suspend))
    assertRefused(-6, (suspend) => fixtures.napiMakeCallback(suspend))
    assertRefused(-6, (suspend) => fixtures.napiCall(() => [2, 1].sort(() => Number(suspend()))))
  })
})

describe('a nested resume is allowed where suspending is not', () => {
  const everywhere: Record<string, (run: () => void) => void> = {
    'JSON.stringify': (run) => void JSON.stringify({ toJSON: run }),
    'a v8::MicrotasksScope': (run) => fixtures.inMicrotasksScope(run),
    'a callback of native code': (run) => fixtures.makeCallback(run),
    'a Node-API call': (run) => fixtures.napiCallInHandleScope(run),
  }
  for (const [name, inside] of Object.entries(everywhere)) {
    test(`inside ${name} on the main stack and in a coroutine`, () => {
      withoutLeaks(() => {
        const run = (): void => {
          const [inner] = suspendMany(1) as [Coroutine]
          collectFull()
          inside(() => void finish(inner))
        }
        inside(run)
        const outer = new Coroutine(() => {
          inside(run)
          Coroutine.suspend()
          inside(run)
          return 'ended'
        })
        assert.equal(finish(outer), 'ended')
      })
    })
  }
})
