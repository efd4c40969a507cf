import { AlreadyStartedError } from '../errors.ts'
import { type Bonds, bondsOf, type Home } from './bonds.ts'
import { type Fiber, runningFiber } from './fiber.ts'

/** Starts a fiber as a child of the running one, in its innermost scope. */
export function startChild(fiber: Fiber, args: readonly unknown[]): void {
  const starter = runningFiber()
  if (starter === undefined) fiber.start(args)
  else if (fiber.isDetached) startWithParent(fiber, args, starter)
  else startIn(starter.bonds?.scope, fiber, args)
}

/** Starts a fiber that belongs to no scope, with the arguments that it has. */
export function startAlone(fiber: Fiber): void {
  const starter = runningFiber()
  if (starter !== undefined) setParent(fiber, starter)
  fiber.start()
}

/** As `startChild`, in a given scope. */
export function startIn(home: Home | undefined, fiber: Fiber, args: readonly unknown[]): void {
  const starter = runningFiber()
  if (home === undefined) {
    startWithParent(fiber, args, starter)
    return
  }
  if (fiber.state !== 'pending') throw new AlreadyStartedError(String(fiber), fiber.state)
  home.admit(fiber)
  const bonds = bondsOf(fiber)
  bonds.home = bonds.scope = home
  try {
    startWithParent(fiber, args, starter)
  } catch (error) {
    leaveHome(bonds, fiber)
    throw error
  }
}

function startWithParent(fiber: Fiber, args: readonly unknown[], starter: Fiber | undefined): void {
  if (starter !== undefined) setParent(fiber, starter)
  fiber.start(args)
}

function setParent(fiber: Fiber, starter: Fiber): void {
  if (starter.isAnonymous) return
  const bonds = bondsOf(starter)
  bonds.ancestor ??= { fiber: starter }
  bondsOf(fiber).parent = bonds.ancestor
}

function leaveHome(bonds: Bonds, fiber: Fiber): void {
  const { home } = bonds
  bonds.home = bonds.scope = undefined
  home?.dismiss(fiber)
}
