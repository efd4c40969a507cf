import assert from 'node:assert/strict'
import { test } from 'node:test'
import { current, sleep, spawn, wait } from 'greenthreads'
import { Greenlet, getcurrent } from 'greenthreads/greenlet'
import { suspendedThreads } from 'greenthreads/lowlevel'
import { deferred } from '../core/deferred.ts'
import { collectRepeatedly, suspendSome } from './collecting.ts'
import { stacksInUse } from './stacks.ts'

test('one of a green thread that does other things cleans up in a green thread of its own', async () => {
  const before = stacksInUse()
  const gate = deferred()
  const log: unknown[] = []
  const thread = spawn(() => {
    const home = getcurrent()
    suspendSome(3, () => {
      try {
        home.switch()
      } finally {
        log.push(current() !== thread)
        sleep(0)
        log.push('cleaned up')
      }
    })
    wait(gate.promise)
  })
  await collectRepeatedly(() => log.length === 6)
  assert.equal(log.filter((entry) => entry === true).length, 3)
  assert.equal(log.filter((entry) => entry === 'cleaned up').length, 3)
  assert.deepEqual(suspendedThreads(), [thread])
  gate.resolve()
  await thread
  assert.equal(stacksInUse(), before)
})

test('one that outlives its green thread is ended alike', async () => {
  const before = stacksInUse()
  const log: string[] = []
  spawn(() => {
    const home = getcurrent()
    suspendSome(3, () => {
      try {
        home.switch()
      } finally {
        log.push('finally')
      }
    })
  }).join()
  await collectRepeatedly(() => log.length === 3)
  assert.deepEqual(log, ['finally', 'finally', 'finally'])
  assert.equal(stacksInUse(), before)
})

test('one that waits keeps its identity, whatever is collected meanwhile', async () => {
  const gate = deferred()
  const thread = spawn(() => {
    const waiting: Greenlet = new Greenlet(() => {
      wait(gate.promise)
      return getcurrent() === waiting
    })
    return waiting.switch()
  })
  await collectRepeatedly(() => false)
  gate.resolve()
  assert.equal(await thread, true)
})

test('one that waits is not ended, even if nothing but its green thread refers to it', async () => {
  const before = stacksInUse()
  const gate = deferred<string>()
  const thread = spawn(() => {
    const home = getcurrent()
    const lingering = new Greenlet(() => {
      try {
        home.switch()
      } finally {
        home.switch()
      }
    })
    lingering.switch()
    new Greenlet(() => {
      lingering[Symbol.dispose]()
      return wait(gate.promise)
    }).switch()
    // Its end brings back the one that disposes of it: the thread itself has not switched there.
    return lingering.switch()
  })
  await collectRepeatedly(() => thread.state !== 'suspended')
  assert.equal(thread.state, 'suspended')
  gate.resolve('it goes on')
  assert.equal(await thread, 'it goes on')
  assert.equal(stacksInUse(), before)
})
