import type { Step } from './order-program.ts'
import type { World } from './order-world.ts'

/**
 * Carries out a step that is the same in both versions, as it waits for nothing: true when the thread, or the
 * call, shall return after it. Undefined for any other step.
 */
export function carryOutAtOnce(world: World, step: Step, at: string): boolean | undefined {
  switch (step.kind) {
    case 'microtask':
    case 'tick':
      world.queue(step.kind, at)
      return false
    case 'open':
      world.open(step.gate)
      return false
    case 'break':
      world.break(step.gate, at)
      return false
    case 'throw':
      throw new Error(`thrown at ${at}`)
    case 'return':
      return true
    default:
      return undefined
  }
}

/** What a step waits for. */
export function promiseFor(world: World, step: Step, at: string): PromiseLike<unknown> {
  switch (step.kind) {
    case 'hops':
      return world.hops(step.count)
    case 'fail':
      return world.fail(step.count, at)
    case 'turn':
      return world.turn()
    case 'thenable':
      return world.thenable()
    case 'pass':
      return world.gate(step.gate)
    case 'all':
    case 'race':
    case 'any':
      return world.gates(step.kind)
    default:
      throw new Error(`${step.kind} waits for nothing`)
  }
}
