import { DidNotSuspendError } from '../errors.ts'
import type { Body } from './fiber.ts'
import { suspensionSince } from './no-suspend.ts'
import { requireFiber } from './running-fiber.ts'

/** The function, which fails when the green thread that calls it was not suspended meanwhile. */
export function requireSuspension(fn: Body, name: string): Body {
  return function (this: unknown, ...args: unknown[]): unknown {
    const hasSuspended = suspensionSince()
    const result = requireFiber(name).callAndWait(fn, this, args)
    if (hasSuspended()) return result
    throw new DidNotSuspendError(
      `${name === '' ? 'The function' : `${name}()`} was converted with \`mustSuspend: true\``,
      'remove `mustSuspend`',
    )
  }
}
