import type { AsyncResource } from 'node:async_hooks'
import { addon } from './addon.ts'
import { enterScope, leaveScope } from './async-context.ts'
import { type Coroutine, VALUE } from './coroutine.ts'
import { checkNoForeignStack } from './foreign-stacks.ts'
import { handOver, successor } from './hand-over.ts'
import { occupy, vacate } from './occupants.ts'
import { enter, handBack, running, setRunning } from './running.ts'
import { stackPool } from './stack-pool.ts'
import { checkStart } from './start-ban.ts'

const { switchTo } = addon

/** Who goes on in place of the one that ends, where that is not its resumer. */
let heir: Coroutine | undefined
let isHeirCarrying = false

/** Runs a coroutine to its first suspension, with the async context of the caller. */
export function start(coroutine: Coroutine): void {
  prepare(coroutine)
  enter(coroutine, true)
}

/** Gives an unstarted coroutine a stack, and the async context of the caller. */
export function prepare(coroutine: Coroutine): void {
  takeStack(coroutine)
  coroutine.adoptContext()
}

/** Throws where none may be started. */
export function takeStack(coroutine: Coroutine): void {
  checkNoForeignStack()
  checkStart()
  occupy(stackPool(coroutine.stackBytes).take(), coroutine)
}

/** Takes its stack from one that has ended, or was not started after all. */
export function discard(coroutine: Coroutine): void {
  const { slot } = coroutine
  vacate(coroutine)
  stackPool(coroutine.stackBytes).release(slot)
}

/**
 * The running coroutine is about to end: another one will then go on (or start) in its place, instead
 * of its resumer.
 */
export function endWith(successor: Coroutine, isContextCarried: boolean = false): void {
  const isStart = successor.slot === 0
  if (isStart) prepare(successor)
  heir = successor
  isHeirCarrying = isStart || isContextCarried
}

/**
 * The life of a stack: one coroutine after the other, until it is told to end. Its frame, which each
 * suspended coroutine pays for, has room for nothing but the coroutine; an idle stack doesn't hold that.
 */
function entry(): void {
  let self: Coroutine | undefined
  for (;;) {
    begin()
    self = running as Coroutine
    self.run()
    self = undefined
    if (becomeIdle() !== 0) return
  }
}

function begin(): void {
  const self = running as Coroutine
  self.mode = VALUE
  if (self.baseAsyncId !== self.asyncId) enterScope(self.resource as AsyncResource)
}

/** Leaves the stack idle. Returns at its next coroutine, or not 0 when it is to end. */
function becomeIdle(): number {
  const isContextCarried = isHeirCarrying
  return switchTo(end(), isContextCarried, false, true)
}

/** Lets go of a coroutine that has run; returns the slot of whoever goes on. */
function end(): number {
  const self = running as Coroutine
  if (successor !== undefined) {
    const slot = handOver(successor)
    discard(self)
    return slot
  }
  if (self.baseAsyncId !== self.asyncId) leaveScope(self.asyncId)
  const slot = heir === undefined ? handBack(self) : bequeath(self, heir)
  discard(self)
  return slot
}

function bequeath(self: Coroutine, next: Coroutine): number {
  next.replace(self)
  setRunning(next)
  heir = undefined
  isHeirCarrying = false
  return next.slot
}

addon.initialize(entry)
