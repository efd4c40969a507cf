import assert from 'node:assert/strict'
import {
  AsyncLocalStorage,
  AsyncResource,
  createHook,
  executionAsyncId,
  executionAsyncResource,
  triggerAsyncId,
} from 'node:async_hooks'
import { Session } from 'node:inspector'
import { test } from 'node:test'
import fc from 'fast-check'
import { type GreenThread, spawn, wait } from 'greenthreads'
import { current, park, unpark } from 'greenthreads/lowlevel'
import { type Deferred, deferred } from './deferred.ts'

/** What an actor does while it runs: wakes others, leaves something in a queue, or sleeps until it is woken. */
type Action =
  | { readonly kind: 'wake'; readonly actor: number }
  | { readonly kind: 'microtask' | 'tick' | 'turn' | 'sleep' }

type Actors = readonly (readonly Action[])[]

const ACTORS = 4

const actors: fc.Arbitrary<Actors> = fc.array(
  fc.array(
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ kind: fc.constant('wake' as const), actor: fc.nat(ACTORS - 1) }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('sleep' as const) }) },
      fc.record({ kind: fc.constantFrom('microtask' as const, 'tick' as const, 'turn' as const) }),
    ),
    { maxLength: 12 },
  ),
  { minLength: ACTORS, maxLength: ACTORS },
)

/** How actors sleep and are woken. */
interface Bed {
  sleep(actor: number): void
  /** False when it does not sleep. */
  wake(actor: number): boolean
}

/** By the run queue. */
function threadBed(): Bed {
  const sleepers: (GreenThread | undefined)[] = []
  return {
    sleep(actor) {
      sleepers[actor] = current() as GreenThread
      park()
    },
    wake(actor) {
      const sleeper = sleepers[actor]
      sleepers[actor] = undefined
      if (sleeper !== undefined) unpark(sleeper)
      return sleeper !== undefined
    },
  }
}

/** By promises, so that each has a microtask of its own. */
function promiseBed(): Bed {
  const sleepers: (Deferred<void> | undefined)[] = []
  return {
    sleep(actor) {
      const sleeper = deferred<void>()
      sleepers[actor] = sleeper
      wait(sleeper.promise)
    },
    wake(actor) {
      const sleeper = sleepers[actor]
      sleepers[actor] = undefined
      sleeper?.resolve()
      return sleeper !== undefined
    },
  }
}

async function trace(program: Actors, bed: Bed): Promise<string[]> {
  const lines: string[] = []
  let asleep = 0
  const act = (actor: number): void => {
    for (const [index, action] of (program[actor] as readonly Action[]).entries()) {
      const at = `${actor}.${index} ${action.kind}`
      lines.push(at)
      if (action.kind === 'wake') lines.push(`${at} ${bed.wake(action.actor)}`)
      else if (action.kind === 'microtask') queueMicrotask(() => lines.push(`${at} runs`))
      else if (action.kind === 'tick') process.nextTick(() => lines.push(`${at} runs`))
      else if (action.kind === 'turn') wait(Promise.resolve())
      else {
        asleep++
        bed.sleep(actor)
        asleep--
      }
      lines.push(`${at} done`)
    }
  }
  const threads = program.map((_, actor) => spawn(act, actor))
  // Those that nobody wakes are woken from here, all at once.
  for (let left = true; left; ) {
    await new Promise(setImmediate)
    left = asleep > 0
    for (let actor = 0; actor < ACTORS; actor++) bed.wake(actor)
  }
  await Promise.all(threads)
  return lines
}

test('woken threads go on as if each had a microtask of its own', async () => {
  await fc.assert(
    fc.asyncProperty(actors, async (program) => {
      assert.deepEqual(await trace(program, threadBed()), await trace(program, promiseBed()))
    }),
    { numRuns: 300 },
  )
})

/** Two threads that wake each other by turns; each calls `look` whenever it goes on. */
async function pingPong(rounds: number, look: (name: string) => void): Promise<void> {
  const bed = threadBed()
  const play = (self: number): void => {
    for (let i = 0; i < rounds; i++) {
      bed.wake(1 - self)
      bed.sleep(self)
      look(`thread ${self}`)
    }
    bed.wake(1 - self)
  }
  const scopes = [new AsyncResource('TEST'), new AsyncResource('TEST')]
  const threads = scopes.map((scope, self) => scope.runInAsyncScope(() => spawn(play, self)))
  await Promise.race(threads)
  bed.wake(0)
  bed.wake(1)
  await Promise.all(threads)
}

test('a thread that goes on in place of another one has its own async context', async () => {
  const store = new AsyncLocalStorage<string>()
  const seen = new Map<string, Set<unknown>>()
  const look = (name: string): void => {
    const facts = [executionAsyncId(), triggerAsyncId(), executionAsyncResource(), store.getStore()]
    for (const [index, fact] of facts.entries()) {
      const key = `${name} ${index}`
      seen.set(key, (seen.get(key) ?? new Set()).add(fact))
    }
  }
  const outside = executionAsyncId()
  await store.run('ours', () => pingPong(20, look))
  assert.equal(seen.size, 8)
  for (const [key, values] of seen) assert.equal(values.size, 1, `${key} stays the same`)
  for (const index of [0, 2]) {
    assert.notDeepEqual(seen.get(`thread 0 ${index}`), seen.get(`thread 1 ${index}`))
  }
  assert.deepEqual([...(seen.get('thread 0 3') as Set<unknown>)], ['ours'])
  assert.equal(store.getStore(), undefined)
  assert.notEqual(outside, 0)
})

test('hooks are told of every time a thread goes on', async () => {
  const entered: number[] = []
  const left: number[] = []
  const hook = createHook({ before: (id) => entered.push(id), after: (id) => left.push(id) })
  const ids: number[] = []
  hook.enable()
  await pingPong(5, () => {
    ids.push(executionAsyncId())
    assert.equal(entered.at(-1), executionAsyncId())
  })
  hook.disable()
  for (const id of new Set(ids)) {
    const times = ids.filter((each) => each === id).length
    assert.ok(entered.filter((each) => each === id).length >= times)
    assert.deepEqual(
      left.filter((each) => each === id).length,
      entered.filter((each) => each === id).length,
    )
  }
})

test('a thread that was to go on in place of one whose suspension is refused goes on later', async () => {
  const bed = threadBed()
  const second = spawn(() => {
    bed.sleep(1)
    return 'woken'
  })
  const first = spawn(() => {
    wait(new Promise(setImmediate)) // no other microtask is pending then
    bed.wake(1)
    const parkHere = (): void => bed.sleep(0)
    Object.assign(globalThis, { parkHere })
    const session = new Session()
    session.connect()
    let message = ''
    session.post(
      'Runtime.evaluate',
      { expression: 'try { parkHere() } catch (e) { e.code }' },
      (_, answer) => {
        message = String(answer?.result.value)
      },
    )
    session.disconnect()
    const id = executionAsyncId()
    wait(Promise.resolve())
    assert.equal(executionAsyncId(), id)
    return message
  })
  assert.equal(await first, 'ERR_GT_CANNOT_SUSPEND_MICROTASKS_SCOPE')
  assert.equal(await second, 'woken')
})

test('a thread that has told its stack meanwhile is handed over to as any other', async () => {
  const asked = deferred<void>()
  const ids: number[] = []
  const thread = spawn(() => {
    park()
    ids.push(executionAsyncId())
    wait(asked.promise)
    ids.push(executionAsyncId())
  })
  const waker = spawn(() => {
    park()
    unpark(thread)
    park() // the other one goes on here, in place of the main stack
  })
  assert.match(thread.stack(), /run-queue\.test/)
  // In a turn of its own, where no other microtask comes in between.
  await new Promise((resolve) =>
    setImmediate(() => {
      unpark(waker)
      setImmediate(resolve)
    }),
  )
  asked.resolve()
  unpark(waker)
  await Promise.all([thread, waker])
  assert.equal(ids.length, 2)
  assert.equal(ids[0], ids[1])
})
