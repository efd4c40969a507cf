import { DEFAULT_STACK_BYTES } from '../binding/stack-pool.ts'
import { InvalidArgumentError } from '../errors.ts'
import type { Fiber } from './fiber.ts'

/** How a green thread differs from others. */
export interface ThreadOptions {
  /** Shown in stacks and messages; by default the name of the function. */
  name?: string
  /** Address space of the stack; memory is taken only as far as it is used. By default 1 MiB. */
  stackBytes?: number
  /**
   * For work that goes on for ever beside other work. The thread does not hold the process open by
   * `sleep`, `yieldNow` and limits of time, and is left out of the warning about deadlocks. A scope does
   * not wait for it, but cancels it when everything else in the scope has ended. As `transient` in Ruby's
   * async. By default false.
   */
  transient?: boolean
  /** The thread belongs to no scope, and may outlive the one it is started in. By default false. */
  detached?: boolean
}

export const DEFAULT_OPTIONS: ThreadOptions = {}

/** Below this the engine itself would not find the room it needs. */
const SMALLEST_STACK_BYTES = 96 * 1024
const LARGEST_STACK_BYTES = 1024 * 1024 * 1024

export function applyOptions(fiber: Fiber, options: ThreadOptions): void {
  const { name, stackBytes = DEFAULT_STACK_BYTES, transient = false, detached = false } = options
  checkStackBytes(stackBytes)
  fiber.stackBytes = stackBytes
  fiber.isTransient = transient
  fiber.isDetached = detached
  if (name !== undefined) fiber.name = name
}

function checkStackBytes(stackBytes: unknown): void {
  const isValid =
    Number.isInteger(stackBytes) &&
    (stackBytes as number) >= SMALLEST_STACK_BYTES &&
    (stackBytes as number) <= LARGEST_STACK_BYTES
  if (isValid) return
  throw new InvalidArgumentError(
    'stackBytes',
    `an integer from ${SMALLEST_STACK_BYTES} to ${LARGEST_STACK_BYTES}`,
    stackBytes,
  )
}
