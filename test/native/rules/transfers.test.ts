import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { addon } from '../../support/addon.ts'
import { collectFull, collectMinor } from '../../support/garbage.ts'
import { Random } from '../../support/random.ts'
import { Coroutine } from '../../support/raw-coroutine.ts'
import { finish, suspendMany, withoutLeaks } from '../../support/suspended.ts'

describe('symmetric transfer', () => {
  test('continues the target and returns to the resumer of the first', () => {
    withoutLeaks(() => {
      const log: string[] = []
      const second = new Coroutine((value) => {
        log.push(`second got ${value}`)
        log.push(`second resumed with ${Coroutine.suspend('from second')}`)
      })
      const first = new Coroutine(() => {
        log.push(`first resumed with ${Coroutine.transferTo(second, 'hello')}`)
      })
      first.resume()
      log.push('main')
      second.resume('two')
      first.resume('one')
      assert.deepEqual(log, [
        'second got hello',
        'main',
        'second resumed with two',
        'first resumed with one',
      ])
      assert.ok(first.isDone && second.isDone)
    })
  })

  test('goes round a ring without the main stack', () => {
    withoutLeaks(() => {
      const rounds = 200
      let switches = 0
      const ring: Coroutine[] = Array.from(
        { length: 10 },
        (_, index) =>
          new Coroutine(() => {
            for (let round = 0; round < rounds; round++) {
              switches++
              const next = ring[(index + 1) % ring.length] as Coroutine
              if (next.isResumable) Coroutine.transferTo(next)
              else Coroutine.suspend()
            }
          }),
      )
      while (ring.some((coroutine) => !coroutine.isDone)) {
        ring.find((coroutine) => coroutine.isResumable)?.resume()
      }
      assert.equal(switches, rounds * ring.length)
    })
  })

  test('stays intact in a random walk with native frames and collections', () => {
    withoutLeaks(() => {
      const random = new Random()
      const steps = 6000
      let step = 0
      const walkers: Coroutine[] = Array.from(
        { length: 24 },
        (_, index) =>
          new Coroutine(() => {
            while (step < steps) {
              const kept = Array.from({ length: 30 }, (_, item) => ({ index, item }))
              step++
              if (step % 300 === 0) collectMinor()
              if (step % 900 === 0) collectFull()
              const target = random.pick(walkers)
              if (random.next() < 0.05 || !target.isResumable) Coroutine.suspend()
              else [2, 1].sort(() => Number(Coroutine.transferTo(target) ?? 0))
              for (const [item, entry] of kept.entries()) {
                if (entry.index !== index || entry.item !== item) {
                  throw new Error(`corrupted; seed ${random.seed}`)
                }
              }
            }
          }),
      )
      for (let living = walkers; living.length > 0; ) {
        random.pick(living).resume()
        living = living.filter((walker) => !walker.isDone)
      }
    })
  })

  test('a coroutine that ends after a transfer returns to the resumer that it took over', () => {
    withoutLeaks(() => {
      const log: string[] = []
      const target = new Coroutine(() => {
        log.push('target')
        return 'ended'
      })
      const outer = new Coroutine(() => {
        const inner = new Coroutine(() => {
          Coroutine.transferTo(target)
          log.push('inner again')
        })
        inner.resume()
        log.push('outer')
        finish(inner)
      })
      finish(outer)
      assert.deepEqual(log, ['target', 'outer', 'inner again'])
    })
  })

  test('an error thrown into a suspended coroutine arrives after a transfer, too', () => {
    withoutLeaks(() => {
      const [parked] = suspendMany(1) as [Coroutine]
      let caught: unknown
      const first = new Coroutine(() => {
        try {
          Coroutine.transferTo(parked)
        } catch (error) {
          caught = error
        }
      })
      first.resume()
      assert.ok(parked.isDone)
      first.throwInto(new Error('into the transfer'))
      assert.equal((caught as Error).message, 'into the transfer')
    })
  })
})

describe('the addon rejects what cannot be switched to', () => {
  test('slots that hold nothing', () => {
    for (const slot of [-1, 1_000_000, Number.NaN, 1.5]) {
      assert.throws(() => addon.switchTo(slot), /slot/)
      assert.throws(() => addon.destroy(slot), /slot/)
    }
    assert.throws(() => addon.destroy(0))
  })

  test('the running coroutine itself', () => {
    withoutLeaks(() => {
      const coroutine = new Coroutine(() => {
        const slot = Coroutine.current?.slot as number
        assert.throws(() => addon.switchTo(slot), /slot/)
        assert.throws(() => addon.destroy(slot), /slot/)
      })
      coroutine.resume()
      assert.ok(coroutine.isDone)
    })
  })

  test('the main stack as its own target', () => {
    assert.throws(() => addon.switchTo(0), /slot/)
  })

  test('a stack that was destroyed', () => {
    const slot = addon.create(256 * 1024)
    addon.destroy(slot)
    assert.throws(() => addon.switchTo(slot), /slot/)
    assert.throws(() => addon.giveBack(slot), /slot/)
  })

  test('sizes that no stack can have', () => {
    const before = addon.liveStacks()
    for (const bytes of [0, -1, 1000, Number.NaN, 2 ** 45, Number.POSITIVE_INFINITY]) {
      assert.throws(() => addon.create(bytes), Error)
    }
    assert.equal(addon.liveStacks(), before)
  })
})
