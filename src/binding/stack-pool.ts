import { AsyncResource } from 'node:async_hooks'
import { OutOfStacksError } from '../errors.ts'
import { addon } from './addon.ts'

/** Address space of a stack; physical memory is taken only as far as the stack is used. */
export const DEFAULT_STACK_BYTES: number = 1024 * 1024

/** Idle stacks kept ready. Beyond that, those which stay unused for a whole interval are freed. */
const KEPT_WARM = 256
const TRIM_INTERVAL_MS = 1000

/** Node's own, whatever a test puts in its place later. */
const setTimer = setTimeout

/**
 * Idle stacks of one size, last in first out, so that the stack used next is the one whose memory is
 * in the caches. Each of them is suspended in its entry loop, waiting for its next coroutine.
 */
export class StackPool {
  readonly stackBytes: number
  readonly #idle: number[] = []
  /** How many stacks at the bottom of `#idle` were not used since the last trim. */
  #unused = 0

  constructor(stackBytes: number) {
    this.stackBytes = stackBytes
  }

  take(): number {
    const slot = this.#idle.pop()
    if (slot === undefined) return this.#create()
    if (this.#idle.length < this.#unused) this.#unused = this.#idle.length
    return slot
  }

  release(slot: number): void {
    this.#idle.push(slot)
    if (!isTrimPlanned) planTrim()
  }

  /** Frees or shrinks what was not used since the last call. True when there is more to do later. */
  trim(): boolean {
    const unused = this.#idle.splice(0, this.#unused)
    const kept = unused.splice(-KEPT_WARM)
    for (const slot of unused) addon.destroy(slot, true)
    for (const slot of kept) addon.giveBack(slot)
    this.#idle.unshift(...kept)
    const isSettled = kept.length === this.#idle.length && unused.length === 0
    this.#unused = this.#idle.length
    return !isSettled
  }

  free(): void {
    for (const slot of this.#idle.splice(0)) addon.destroy(slot, true)
    this.#unused = 0
  }

  #create(): number {
    try {
      return addon.create(this.stackBytes)
    } catch (error) {
      throw new OutOfStacksError(addon.liveStacks(), this.stackBytes, error)
    }
  }
}

const defaultPool = new StackPool(DEFAULT_STACK_BYTES)
const otherPools = new Map<number, StackPool>()

/** The pool of stacks of this size. */
export function stackPool(stackBytes: number): StackPool {
  if (stackBytes === DEFAULT_STACK_BYTES) return defaultPool
  let pool = otherPools.get(stackBytes)
  if (pool === undefined) {
    pool = new StackPool(stackBytes)
    otherPools.set(stackBytes, pool)
  }
  return pool
}

/** Leaves only the stacks that are in use. */
export function freeIdleStacks(): void {
  defaultPool.free()
  for (const pool of otherPools.values()) pool.free()
}

let isTrimPlanned = false
let trimTimer: NodeJS.Timeout | undefined
/** Whoever ends first plans it: the timer must not keep the async context of that green thread alive. */
const trimContext = new AsyncResource('GREENTHREADS_TRIM')

/**
 * Not before there is an idle stack: on Node.js 20 a further timer that becomes due together with others can
 * change whether the timers that those start run before immediates or after them.
 */
function planTrim(): void {
  isTrimPlanned = true
  trimContext.runInAsyncScope(armTrimTimer)
}

function armTrimTimer(): void {
  if (trimTimer === undefined) trimTimer = setTimer(trimAll, TRIM_INTERVAL_MS).unref()
  else trimTimer.refresh()
}

function trimAll(): void {
  isTrimPlanned = false
  let isUnfinished = defaultPool.trim()
  for (const pool of otherPools.values()) isUnfinished = pool.trim() || isUnfinished
  if (isUnfinished) planTrim()
}
