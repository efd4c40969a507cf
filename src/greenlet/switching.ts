import type { Coroutine } from '../binding/coroutine.ts'
import { endWith, start } from '../binding/lifetime.ts'
import { resume } from '../binding/running.ts'
import { suspend } from '../binding/suspension.ts'
import { transferTo } from '../binding/transfer.ts'
import type { Fiber } from '../core/fiber.ts'
import { reconsider } from '../core/interruption.ts'
import { GreenletError, GreenletExit } from '../errors.ts'
import { currentGroup, type Group, groupOf, handleOf } from './group.ts'
import type { Handle, Strand } from './main-strand.ts'
import type { ChildStrand } from './strand.ts'
import { isTracing, trace } from './tracing.ts'

// What is on its way from one greenlet to another. A switch is one at a time, and whoever goes on
// takes it first of all.
let isError = false
let message: unknown
let origin: Strand | undefined
let addressee: Handle | undefined

/**
 * Switches to a greenlet, or to its first living ancestor. Returns or throws what is sent to the
 * running one when it goes on.
 *
 * @param content the error, or the arguments of `switch`.
 */
export function send(target: Strand, handle: Handle, isThrow: boolean, content: unknown): unknown {
  const group = currentGroup()
  checkGroup(target, group)
  let live = target
  let liveHandle = handle
  while (live.life === 'dead') {
    liveHandle = live.parentHandle as Handle
    live = live.parent as Strand
  }
  if (live.life === 'unstarted') {
    prepare(live, liveHandle)
    // Looking `run` up may have been a call, which has started it, or moved it elsewhere.
    if ((live.life as string) !== 'unstarted') return send(target, handle, isThrow, content)
    checkGroup(live, group)
  }
  const self = group.current
  if (exiting !== undefined && live !== self) throw atExit(exiting)
  // A dead one turns GreenletExit into a result.
  isError = isThrow && !(target !== live && content instanceof GreenletExit)
  const args = isThrow ? [content] : (content as unknown[])
  message = isError ? content : live.life === 'unstarted' ? args : packed(args)
  origin = self
  addressee = liveHandle
  if (group.fiber !== undefined) leaveRegion(self, group.fiber)
  if (live !== self) jump(self, live)
  return arrive(self)
}

/** The first thing that a greenlet does when it goes on. */
export function arrive(self: Strand): unknown {
  const from = origin as Strand
  const content = message
  const isThrow = isError
  self.handle = addressee
  origin = message = addressee = undefined
  const group = from.strands as Group
  self.strands = group
  group.current = self
  if (group.fiber !== undefined) enterRegion(self, group.fiber)
  if (isTracing) trace(isThrow ? 'throw' : 'switch', handleOf(from), handleOf(self))
  if ((from.isWatched || from.life === 'dead') && from !== self) from.handle = undefined
  if (isThrow) throw content
  return content
}

/**
 * The last thing that a greenlet does: its outcome goes to its parent. An ancestor to which it can't go
 * is passed over, and the reason takes the place of the outcome.
 */
export function passOn(self: ChildStrand, isThrow: boolean, outcome: unknown): void {
  const group = self.strands as Group
  isError = isThrow
  message = outcome
  let heir: Strand | undefined = self.parent
  let handle: Handle | undefined = self.parentHandle
  while (heir !== undefined && !becomesHeir(heir, handle as Handle, group)) {
    handle = heir.parentHandle
    heir = heir.parent
  }
  if (heir === undefined) becomesHeir(group.main, handleOf(group.main), group)
  origin = self
}

function becomesHeir(heir: Strand, handle: Handle, group: Group): boolean {
  if (heir.life === 'dead') return false
  const content = message
  const isThrow = isError
  try {
    checkGroup(heir, group)
    if (heir.life === 'unstarted') prepare(heir, handle)
    if (heir.coroutine !== undefined) endWith(heir.coroutine, isCarrying(heir))
  } catch (error) {
    isError = true
    message = error
    return false
  }
  isError = isThrow
  message = heir.life === 'unstarted' && !isThrow ? [content] : content
  addressee = handle
  return true
}

/** Deadlines, shields and scopes are those of the greenlet that runs. */
function leaveRegion(self: Strand, fiber: Fiber): void {
  self.region = fiber.region
  self.scope = fiber.bonds?.scope
}

function enterRegion(self: Strand, fiber: Fiber): void {
  if (fiber.bonds !== undefined) fiber.bonds.scope = self.scope
  if (fiber.region === self.region) return
  fiber.region = self.region
  reconsider(fiber)
}

/** A green thread stays in its place below: what it resumes, and who resumed it, are not concerned. */
function jump(self: Strand, target: Strand): void {
  const { coroutine } = target
  if (coroutine === undefined) suspend()
  else if (self.coroutine !== undefined) transferTo(coroutine, isCarrying(target))
  else if (coroutine.slot === 0) start(coroutine)
  else resume(coroutine, isCarrying(target))
}

/** Gives the context of the caller to one that shares. */
function isCarrying(target: Strand): boolean {
  const isShared = target.context === 'share' && target.life === 'active'
  if (isShared) (target.coroutine as Coroutine).adoptContext()
  return isShared
}

function prepare(target: Strand, handle: Handle): void {
  const { run } = handle
  if (typeof run !== 'function') throw noRun(target)
  target.scope = groupOf(target).fiber?.bonds?.home
  ;(target as ChildStrand).prepare(run, handle)
}

function packed(args: unknown[]): unknown {
  return args.length < 2 ? args[0] : args
}

function checkGroup(target: Strand, group: Group): void {
  if (target.strands === group) return
  const other = groupOf(target)
  if (other !== group) throw ofOtherThread(target, other, group)
}

function ofOtherThread(target: Strand, other: Group, group: Group): GreenletError {
  return new GreenletError(
    'ERR_GT_GREENLET_OTHER_THREAD',
    `${target} belongs to ${placeOf(other)}${stateOf(other, target)}; ${placeOf(group)} can't switch to it.\n` +
      'Greenlets switch with those of their own thread. Hand values to another one through a Channel or ' +
      'a promise.',
  )
}

function placeOf(group: Group): string {
  return group.fiber === undefined ? 'the main stack' : String(group.fiber)
}

function stateOf(group: Group, strand: Strand): string {
  if (group.fiber?.isOver) return ', which has ended'
  return group.current === strand && group.fiber?.state === 'suspended' ? ', and waits there' : ''
}

function noRun(target: Strand): GreenletError {
  return new GreenletError(
    'ERR_GT_GREENLET_NO_RUN',
    `${target} can't be started: it has no function to run.\n` +
      'Give it one, new Greenlet(fn), or a subclass with a method run().',
  )
}

function atExit(self: Strand): GreenletError {
  return new GreenletError(
    'ERR_GT_GREENLET_EXITING',
    `The process exits in ${self}: a switch away from it would let the rest of the program go on.`,
  )
}

let exiting: Strand | undefined

process.on('exit', () => {
  const { current } = currentGroup()
  if (current.coroutine !== undefined) exiting = current
})
