import { types } from 'node:util'
import type { Outcome } from './operation.ts'
import { type Call, callOriginal } from './registry.ts'

/**
 * The result of a patched call. Errors of the system are thrown as the original would throw them;
 * everything else (arguments that are refused) the original is left to explain.
 */
export function conclude(call: Call, outcome: Outcome<unknown>): unknown {
  if (outcome.kind === 'done') return outcome.value
  if (outcome.kind === 'failed' && isSystemError(outcome.error)) {
    throw thrownAtCaller(outcome.error, call)
  }
  return callOriginal(call)
}

/** Whether the operation failed, and not the check of its arguments. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  if (!types.isNativeError(error)) return false
  const { errno, syscall, code } = error as NodeJS.ErrnoException
  return typeof errno === 'number' && typeof syscall === 'string' && !isNodeCode(code)
}

function isNodeCode(code: unknown): boolean {
  return typeof code !== 'string' || code.startsWith('ERR_')
}

/** Errors of the event loop have no stack, or one that ends there. */
export function thrownAtCaller(error: unknown, { replacement }: Call): unknown {
  if (types.isNativeError(error)) Error.captureStackTrace(error, replacement)
  return error
}
