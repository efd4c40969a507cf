import type { Coroutine } from '../binding/coroutine.ts'
import { running } from '../binding/running.ts'
import type { Fiber } from '../core/fiber.ts'
import type { Strands } from '../core/strands.ts'
import { type Handle, MainStrand, type Strand } from './main-strand.ts'

/** The greenlets that switch with each other: those of the main stack, or of one green thread. */
export class Group implements Strands {
  readonly fiber: Fiber | undefined
  readonly main: MainStrand
  current: Strand

  constructor(fiber: Fiber | undefined) {
    this.fiber = fiber
    this.main = new MainStrand(this)
    this.current = this.main
  }

  get running(): Coroutine | undefined {
    return this.current.coroutine
  }
}

const groupOfMainStack = new Group(undefined)

/** The group of the code that runs now. */
export function currentGroup(): Group {
  if (running === undefined) return groupOfMainStack
  const owner = running as Coroutine & { strands: Strands | undefined }
  return (owner.strands as Group | undefined) ?? newGroup(owner as Fiber)
}

function newGroup(fiber: Fiber): Group {
  const group = new Group(fiber)
  fiber.strands = group
  return group
}

/** That of an unstarted greenlet is the one of its nearest ancestor that has one. */
export function groupOf(strand: Strand): Group {
  let ancestor = strand
  while (ancestor.strands === undefined) ancestor = ancestor.parent as Strand
  return ancestor.strands
}

/** Is it suspended, so that its stack can be looked at? */
export function isSuspended(strand: Strand): boolean {
  if (strand.life !== 'active') return false
  const { current, fiber } = groupOf(strand)
  return current !== strand || fiber?.state === 'suspended'
}

let makeHandle: (strand: Strand) => Handle

/** Tells how the handle of a strand is made; called once, by the module that knows. */
export function onHandleNeeded(make: (strand: Strand) => Handle): void {
  makeHandle = make
}

/** The handle of a strand, made when there is none. */
export function handleOf(strand: Strand): Handle {
  strand.handle ??= makeHandle(strand)
  return strand.handle
}
