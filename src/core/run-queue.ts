import { addon } from '../binding/addon.ts'
import { canContinueNext, continueNext } from '../binding/hand-over.ts'
import type { Fiber } from './fiber.ts'

/**
 * Green threads that were woken, in the order in which they were. Each goes on when a microtask
 * of its own would have come to its turn; but those that nothing else comes in between share one.
 *
 *   microtasks of V8:   other    ours        other    ours
 *   woken:                       A* - B - C           D* - E        * opens a turn
 *
 * Whoever suspends or ends during such a turn switches to the next one directly.
 */
let first: Fiber | undefined
let last: Fiber | undefined

/** How many microtasks of ours are pending. */
let planned = 0
/** The first of them is still pending, but the thread that opens its turn has gone on already. */
let isBegunEarly = false
/** The main stack is in a microtask that does nothing but continue green threads. */
let isInTurn = false

// Where V8's counter was not found, no microtask is ever known to be the only one.
const pendingMicrotasks = addon.pendingMicrotasks ?? Int32Array.of(-1)

const { then } = Promise.prototype
const settled = Promise.resolve()

/** Lets a suspended fiber, whose inbox is filled, go on in a microtask. */
export function proceedSoon(fiber: Fiber): void {
  fiber.opensTurn = !isOursAlonePending()
  if (last === undefined) first = fiber
  else last.nextReady = fiber
  last = fiber
  if (!fiber.opensTurn) return
  planned++
  then.call(settled, runTurn)
}

/** From here to `endTurn()` a microtask continues a fiber, and has nothing else to do. */
export function beginTurn(): void {
  isInTurn = true
}

export function endTurn(): void {
  isInTurn = false
}

/**
 * The running fiber is about to suspend or to end. If the next microtask would continue another one,
 * that one goes on in its place: one switch of stacks instead of two.
 */
export function passOn(self: Fiber): void {
  if (!isInTurn || !canContinueNext(self)) return
  const next = first
  if (next === undefined || next.strands !== undefined) return
  if (next.opensTurn) {
    if (!isOursAlonePending()) return
    isBegunEarly = true
  }
  take(next)
  next.state = 'running'
  continueNext(next)
}

function runTurn(): void {
  planned--
  let mayOpen = !isBegunEarly
  isBegunEarly = false
  isInTurn = true
  while (first !== undefined && (mayOpen || !first.opensTurn)) {
    const fiber = first
    if (fiber.opensTurn) mayOpen = false
    take(fiber)
    fiber.proceed()
  }
  isInTurn = false
}

function isOursAlonePending(): boolean {
  return planned === 1 && pendingMicrotasks[0] === 1
}

function take(fiber: Fiber): void {
  first = fiber.nextReady
  fiber.nextReady = undefined
  if (first === undefined) last = undefined
}
