import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Greenlet, GreenletExit, getcurrent } from 'greenthreads/greenlet'
import { runScript } from '../core/script.ts'
import { collect, collectRepeatedly, suspendSome } from './collecting.ts'
import { stacksInUse } from './stacks.ts'

const main = getcurrent()

test('GreenletExit is thrown in a suspended greenlet that nobody can reach, finally runs once', async () => {
  const before = stacksInUse()
  const log: unknown[] = []
  suspendSome(20, () => {
    try {
      main.switch()
    } catch (error) {
      log.push(error instanceof GreenletExit)
      throw error
    } finally {
      log.push('finally')
    }
  })
  assert.equal(stacksInUse(), before + 20)
  await collectRepeatedly(() => log.length >= 40)
  await collectRepeatedly(() => false)
  assert.deepEqual(
    log,
    Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? true : 'finally')),
  )
  assert.equal(stacksInUse(), before)
})

test('a switch to getcurrent().parent keeps nothing', async () => {
  let ended = 0
  suspendSome(5, () => {
    try {
      getcurrent().parent?.switch()
    } finally {
      ended++
    }
  })
  await collectRepeatedly(() => ended === 5)
  assert.equal(ended, 5)
})

test('it is ended from a task, not in the middle of other code', async () => {
  let isEnded = false
  suspendSome(1, () => {
    try {
      main.switch()
    } finally {
      isEnded = true
    }
  })
  await collectRepeatedly(() => {
    const before = isEnded
    for (let i = 0; i < 3; i++) collect()
    assert.equal(isEnded, before)
    return isEnded
  })
  assert.equal(isEnded, true)
})

test('one that can be reached stays, and keeps its identity', async () => {
  const seen: unknown[] = []
  const held = new Greenlet(() => {
    main.switch()
    seen.push(getcurrent())
    main.switch()
    return 'over'
  })
  held.switch()
  await collectRepeatedly(() => false)
  assert.equal(held.isActive, true)
  held.switch()
  await collectRepeatedly(() => false)
  assert.deepEqual(seen, [held])
  assert.equal(held.switch(), 'over')
})

test('one that went on after it was watched is treated alike', async () => {
  const log: string[] = []
  const start = async (): Promise<void> => {
    let held: Greenlet | undefined = new Greenlet(() => {
      try {
        for (;;) main.switch()
      } finally {
        log.push('finally')
      }
    })
    held.switch()
    await collectRepeatedly(() => false)
    held.switch()
    held.switch()
    await collectRepeatedly(() => false)
    assert.deepEqual(log, [])
    held = undefined
  }
  await start()
  await collectRepeatedly(() => log.length > 0)
  assert.deepEqual(log, ['finally'])
})

test('a parent is kept by its child, and ended after it', async () => {
  const log: string[] = []
  const body = (name: string): void => {
    try {
      main.switch()
    } finally {
      log.push(name)
    }
  }
  const start = (): void => {
    const parent = new Greenlet(body)
    parent.switch('parent')
    new Greenlet(body, parent).switch('child')
  }
  start()
  await collectRepeatedly(() => log.length === 2)
  assert.deepEqual(log, ['child', 'parent'])
})

test('its parent is the main greenlet meanwhile, its own one again if it lives on', async () => {
  const seen: Greenlet[] = []
  const hub = new Greenlet(() => 'hub ends')
  const start = (): void => {
    const worker = new Greenlet(() => {
      try {
        main.switch()
      } catch {
        const self = getcurrent()
        seen.push(self.parent as Greenlet, self)
        hub.switch()
      }
    }, hub)
    worker.switch()
  }
  start()
  await collectRepeatedly(() => seen.length === 2)
  const [parent, self] = seen as [Greenlet, Greenlet]
  assert.equal(parent, main)
  assert.equal(self.parent, hub)
  assert.deepEqual([self.isActive, hub.dead], [true, true])
  self.switch()
  assert.equal(self.dead, true)
})

test('one that catches GreenletExit and is kept lives on; otherwise it gets it again', async () => {
  let exits = 0
  suspendSome(1, () => {
    while (exits < 3) {
      try {
        main.switch()
      } catch {
        exits++
      }
    }
  })
  await collectRepeatedly(() => exits === 1)
  assert.equal(exits, 1)
  await collectRepeatedly(() => exits === 3)
  assert.equal(exits, 3)
})

test('another error is reported as an unhandled rejection', async () => {
  const { code, stdout } = await runScript(
    `
    import { Greenlet, getcurrent } from 'greenthreads/greenlet'
    const main = getcurrent()
    process.on('unhandledRejection', (error) => {
      console.log(error.message)
      process.exit(5)
    })
    const suspend = () => {
      new Greenlet(() => {
        try { main.switch() } catch { throw new RangeError('in the end') }
      }).switch()
    }
    suspend()
    setInterval(gc)
    `,
    ['--expose-gc'],
  )
  assert.deepEqual([code, stdout], [5, 'in the end\n'])
})

test('unstarted, dead and self-referencing greenlets are collected', async () => {
  class Circular extends Greenlet {
    readonly self = this
  }
  const kept: WeakRef<object>[] = []
  const make = (): void => {
    const dead = new Greenlet(getcurrent)
    kept.push(new WeakRef(dead.switch() as object))
    kept.push(new WeakRef(new Greenlet(() => {})))
    kept.push(new WeakRef(new Circular()))
  }
  make()
  await collectRepeatedly(() => false) // deref() would keep them to the end of the turn
  assert.deepEqual(
    kept.map((ref) => ref.deref()),
    [undefined, undefined, undefined],
  )
})

test('one whose own stack refers to it stays', async () => {
  let ended = 0
  const stop = new GreenletExit()
  let last: WeakRef<Greenlet> | undefined
  const start = (): void => {
    const greenlet = new Greenlet(() => {
      const self = getcurrent()
      try {
        main.switch()
      } finally {
        assert.equal(self.isActive, true)
        ended++
      }
    })
    greenlet.switch()
    last = new WeakRef(greenlet)
  }
  start()
  await collectRepeatedly(() => false)
  assert.equal(ended, 0)
  last?.deref()?.throw(stop)
  assert.equal(ended, 1)
})
