import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { current, type GreenThread, scope, spawn, toAsync, toSync, wait } from 'greenthreads'
import { park, suspendedThreads, unpark } from 'greenthreads/lowlevel'
import { untilParked } from 'greenthreads/testing'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** A thread is tethered in the second cycle it is suspended in, and lost in the third. */
async function collectRepeatedly(isDone: () => boolean): Promise<void> {
  for (let i = 0; i < 12 && !isDone(); i++) {
    collect()
    await untilParked()
  }
}

const neverSettles = toSync(() => new Promise(() => {}))

test('a thread that waits for something unreachable is unwound, and finally runs', async () => {
  const log: string[] = []
  const start = (): void => {
    for (let i = 0; i < 20; i++) {
      spawn(() => {
        try {
          neverSettles()
        } catch (error) {
          log.push((error as { code: string }).code)
          throw error
        } finally {
          log.push('finally')
        }
      })
    }
  }
  start()
  const isDone = (): boolean => log.length === 40
  await collectRepeatedly(isDone)
  assert.equal(log.length, 40)
  assert.ok(log.includes('ERR_GT_CANCELLED'))
  assert.equal(suspendedThreads().length, 0)
})

test('it is unwound from a task, not in the middle of other code', async () => {
  let isUnwound = false
  const start = (): void => {
    spawn(() => {
      try {
        neverSettles()
      } finally {
        isUnwound = true
      }
    })
  }
  start()
  await collectRepeatedly(() => {
    for (let i = 0; i < 3; i++) {
      const before = isUnwound
      collect()
      assert.equal(isUnwound, before)
    }
    return isUnwound
  })
  assert.equal(isUnwound, true)
})

test('a thread whose handle is held stays, can be cancelled and keeps its identity', async () => {
  let seen: GreenThread | undefined
  const thread = spawn(() => {
    try {
      neverSettles()
    } finally {
      seen = current()
    }
  })
  await collectRepeatedly(() => false)
  assert.deepEqual(suspendedThreads(), [thread])
  assert.match(thread.stack(), /unreachable/)
  thread.cancel('by hand')
  await assert.rejects(async () => await thread, { cause: 'by hand' })
  assert.equal(seen, thread)
})

test('a thread whose promise is held stays and goes on', async () => {
  let open = (_: string): void => {}
  const load = toSync(
    () =>
      new Promise<string>((resolve) => {
        open = resolve
      }),
  )
  const result = toAsync(() => load())()
  await collectRepeatedly(() => false)
  open('late')
  assert.equal(await result, 'late')
})

test('a parked thread that is held by its handle is told when it is abandoned', async () => {
  let abandoned = 0
  const body = (): unknown => park(() => abandoned++)
  const held = [spawn(body), spawn(body)] as const
  await collectRepeatedly(() => false)
  unpark(held[0], 'woken')
  assert.equal(await held[0], 'woken')
  held[1].cancel()
  await assert.rejects(async () => await held[1])
  assert.equal(abandoned, 1)
})

test('a parked thread that nobody holds is unwound, and told that it is abandoned', async () => {
  const log: string[] = []
  const onAbandon = (): void => {
    log.push('abandoned')
  }
  const start = (): void => {
    for (let i = 0; i < 20; i++) {
      spawn(() => {
        try {
          park(onAbandon)
        } finally {
          log.push('unwound')
        }
      })
    }
  }
  start()
  await collectRepeatedly(() => log.length === 40)
  assert.deepEqual(log.slice().sort(), [
    ...Array(20).fill('abandoned'),
    ...Array(20).fill('unwound'),
  ])
})

test('a thread in an open scope stays, as the scope may cancel it, and so does the owner', async () => {
  const log: string[] = []
  const waitNoting = (name: string): void => {
    try {
      neverSettles()
    } finally {
      log.push(name)
    }
  }
  const start = (): void => {
    spawn(() =>
      scope((s) => {
        s.spawn(waitNoting, 'child')
        waitNoting('owner')
      }),
    )
  }
  start()
  await collectRepeatedly(() => log.length > 0)
  assert.deepEqual(log, [])
  for (const thread of suspendedThreads()) thread.cancel()
  await untilParked()
  assert.deepEqual(log.sort(), ['child', 'owner'])
})

test('threads that have ended are not kept by a scope that lives on', async () => {
  const refs: WeakRef<GreenThread>[] = []
  let isCollected = false
  await spawn(() =>
    scope((s) => {
      for (let i = 0; i < 100; i++) {
        refs.push(new WeakRef(s.spawn(() => wait(Promise.resolve()))))
        wait(Promise.resolve())
      }
      wait(untilParked())
      collect()
      isCollected = refs.filter((ref) => ref.deref() !== undefined).length < 5
    }),
  )
  assert.ok(isCollected)
})

test('a thread that was tethered, went on and waits again is treated alike', async () => {
  let open = (): void => {}
  const log: string[] = []
  const pass = toSync(
    () =>
      new Promise<void>((resolve) => {
        open = resolve
      }),
  )
  const start = (): void => {
    spawn(() => {
      pass()
      log.push('passed')
      try {
        neverSettles()
      } finally {
        log.push('unwound')
      }
    })
  }
  start()
  await collectRepeatedly(() => false)
  assert.deepEqual(log, [])
  open()
  await untilParked()
  await collectRepeatedly(() => log.length === 2)
  assert.deepEqual(log, ['passed', 'unwound'])
})

test('a promise on the stack of its own thread keeps that thread', async () => {
  const thread = (): void => {
    spawn(() => {
      const promise = new Promise(() => {})
      try {
        wait(promise)
      } finally {
        assert.ok(promise)
      }
    })
  }
  thread()
  await collectRepeatedly(() => suspendedThreads().length === 0)
  const [stays] = suspendedThreads()
  assert.equal(stays?.state, 'suspended')
  stays?.cancel()
  await assert.rejects(async () => await stays)
})
