import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import vm from 'node:vm'
import { backend, current, GreenThread, Pool, spawn, TerminatedError, wait } from 'greenthreads'
import { assertNoThreadsLeft, untilParked } from 'greenthreads/testing'
import { callUnderWatchdog } from '../support/no-suspension.ts'

after(() => assertNoThreadsLeft())

const isStack = backend === 'stack'
const skip = !isStack && 'with the thread backend no thread starts in such code'

function loop(): never {
  for (;;);
}

/**
 * Runs a function in vm code whose time is soon over, which ends whatever runs then: long enough for a busy
 * machine to come to that.
 */
function callWithinTime(fn: () => unknown): void {
  const context = vm.createContext({ fn })
  assert.throws(() => vm.runInContext('fn()', context, { timeout: 250 }), {
    code: 'ERR_SCRIPT_EXECUTION_TIMEOUT',
  })
}

async function assertFree(pool: Pool): Promise<void> {
  assert.equal(pool.active, 0)
  await pool.joinAsync()
  assert.equal(await pool.applyAsync(() => 'works'), 'works')
}

const canStart = isStack && 'with the stack backend a thread starts in such code'

test('a thread that could not be started takes no place', { skip: canStart }, async () => {
  const pool = new Pool(1)
  assert.throws(() => callUnderWatchdog(() => pool.spawn(loop)), {
    code: 'ERR_GT_CANNOT_SUSPEND_VM_TIMEOUT',
  })
  await assertFree(pool)
})

test('a thread that is ended in the middle leaves its place to the next', { skip }, async () => {
  const pool = new Pool(1)
  let ended: GreenThread | undefined
  let next: GreenThread | undefined
  callWithinTime(() =>
    pool.spawn(() => {
      ended = current()
      next = spawn(() => pool.apply(() => 'gets the place'))
      loop()
    }),
  )
  await assert.rejects(async () => await ended, TerminatedError)
  assert.equal(await next, 'gets the place')
  await assertFree(pool)
})

test('apply fails and leaves its place when its call is ended in the middle', {
  skip,
}, async () => {
  const pool = new Pool(1)
  let call: GreenThread | undefined
  const caller = new GreenThread(() =>
    pool.apply(() => {
      call = current()
      loop()
    }),
  )
  callWithinTime(() => caller.start())
  await assert.rejects(async () => await caller, TerminatedError)
  await assert.rejects(async () => await call, TerminatedError)
  await assertFree(pool)
})

test('a loop over imap ends when one of its calls is ended in the middle', { skip }, async () => {
  const pool = new Pool(2)
  const thread = spawn(() => {
    const work = (index: number): unknown => (index < 3 ? wait(Promise.resolve(index)) : loop())
    const results = pool.imap([0, 1, 2, 3], work, { ahead: 2 })
    assert.equal(results.next().value, 0) // which lets item 2 begin, ...
    wait(untilParked())
    callWithinTime(() => results.next()) // ... and this one item 3
    assert.equal(results.next().value, 2)
    assert.throws(() => results.next(), TerminatedError)
    assert.deepEqual(results.next(), { done: true, value: undefined })
  })
  await thread
  await assertFree(pool)
})
