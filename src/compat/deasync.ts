/** What the package `deasync` has, suspending a green thread instead of running the event loop inside of itself. */

import { NotInGreenThreadError, sleep as suspendFor, wait } from '../index.ts'
import { currentThreadId } from '../lowlevel.ts'

type Callback<R> = (error?: any, result?: R) => void

/**
 * The longest time until a condition is looked at again, when nothing happens that wakes the event loop: a timer
 * may have made it true, and the loop sleeps again after timers.
 */
const LONGEST_TURN_MS = 1

/**
 * Lets a function whose last argument is a node-style callback return what it is called back with, once. It
 * suspends the running green thread (or Fiber) until then, unless that has happened at once.
 *
 * @returns the function. It throws the error of the callback, if that is truthy; and NotInGreenThreadError
 * where nothing can be suspended.
 * @example
 * import deasync from 'greenthreads/deasync'
 * import { readFile } from 'node:fs'
 * spawn(() => console.log(deasync(readFile)('package.json')))
 */
export function deasync<R = any>(fn: (...args: any[]) => unknown): (...args: any[]) => R {
  return function (this: unknown, ...args: unknown[]): R {
    let isDone = false
    let wake = (): void => {}
    let error: unknown
    let result: R | undefined
    const callback: Callback<R> = (reason, value) => {
      if (isDone) return
      isDone = true
      error = reason
      result = value
      wake()
    }
    fn.call(this, ...args, callback)
    if (!isDone) {
      checkThread(`a function made by deasync(${fn.name})`)
      wait(
        new Promise<void>((resolve) => {
          wake = resolve
        }),
      )
    }
    if (error) throw error
    return result as R
  }
}

/** Suspends the running green thread for that time. */
export function sleep(ms: number): void {
  checkThread('sleep()')
  suspendFor(ms)
}

/**
 * Suspends the running green thread until the event loop has waited for something to happen, or for a
 * millisecond.
 */
export function runLoopOnce(): void {
  checkThread('runLoopOnce()')
  wait(new Promise<void>(nextTurn))
}

/**
 * Suspends the running green thread as long as a condition is true. It is looked at in every turn of the event
 * loop, and at least once in a millisecond: a callback or a promise that you can wait for directly costs less.
 */
export function loopWhile(condition: () => boolean): void {
  while (condition()) runLoopOnce()
}

/**
 * Suspends the running green thread until a promise settles. Returns its value or throws its error: what the
 * package `deasync-promise` is.
 */
export function promise<T>(value: PromiseLike<T>): T {
  checkThread('promise()')
  return wait(value) as T
}

/**
 * The immediate comes after whatever wakes the loop, but would neither wake it nor keep the program alive; the
 * timer does both.
 */
function nextTurn(done: () => void): void {
  const timer = setTimeout(() => {
    clearImmediate(immediate)
    done()
  }, LONGEST_TURN_MS)
  const immediate = setImmediate(() => {
    clearTimeout(timer)
    done()
  }).unref()
}

function checkThread(what: string): void {
  if (currentThreadId() === 0) throw new NotInGreenThreadError(what)
}

export interface Deasync {
  <R = any>(fn: (...args: any[]) => unknown): (...args: any[]) => R
  sleep: typeof sleep
  runLoopOnce: typeof runLoopOnce
  loopWhile: typeof loopWhile
  promise: typeof promise
}

const all: Deasync = Object.assign(deasync, { sleep, runLoopOnce, loopWhile, promise })

export default all
