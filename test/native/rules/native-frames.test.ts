import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fixtures } from '../../support/fixtures.ts'
import { collectFull, collectMinor, makeGarbage } from '../../support/garbage.ts'
import { Coroutine } from '../../support/raw-coroutine.ts'
import { finish, withoutLeaks } from '../../support/suspended.ts'

const collect = (): void => {
  makeGarbage(100)
  collectMinor()
  collectMinor()
  collectFull()
}

test('constructors of native code find their arguments, in whatever order they end', () => {
  withoutLeaks(() => {
    const construct = (): Coroutine =>
      new Coroutine(() => {
        // Young, and moved while the constructor waits: first suspended, then running.
        const target = class {}
        const made = Reflect.construct(
          fixtures.construct,
          [
            () => {
              Coroutine.suspend()
              collect()
            },
          ],
          target,
        )
        assert.equal(made.target, target)
        assert.ok(made instanceof target)
      })
    const crowd = [construct(), construct(), construct()]
    for (const coroutine of crowd) coroutine.resume()
    collect()
    for (const coroutine of crowd) finish(coroutine)
    collect()
  })
})

describe("the processor's rounding mode", () => {
  const third = (numerator: number): number => numerator / 3
  const usual = third(1)

  test('of native code that is suspended is not seen by others', () => {
    withoutLeaks(() => {
      const coroutine = new Coroutine(() => fixtures.roundingUp(() => Coroutine.suspend()))
      coroutine.resume()
      assert.equal(third(1), usual)
      finish(coroutine)
      assert.equal(third(1), usual)
    })
  })

  test('is back when it goes on', () => {
    withoutLeaks(() => {
      const coroutine = new Coroutine(() => {
        fixtures.roundingUp(() => {
          const up = third(1)
          Coroutine.suspend()
          assert.equal(third(1), up)
          assert.notEqual(up, usual)
        })
      })
      coroutine.resume()
      finish(coroutine)
    })
  })
})
