import { fileURLToPath } from 'node:url'
import { types } from 'node:util'

const packageUrl = new URL('../', import.meta.url).href
const packagePath = fileURLToPath(packageUrl)

/** The frames of a stack trace that are not our own. */
export function callerFrames(stack: unknown): string {
  // Error.prepareStackTrace may have made anything of it.
  if (typeof stack !== 'string') return ''
  return stack
    .split('\n')
    .filter((line) => /^ {4}at /.test(line) && !isOurs(line))
    .join('\n')
}

function isOurs(frame: string): boolean {
  return frame.includes(packageUrl) || frame.includes(packagePath)
}

/** Errors of promises belong to several waits at times; the first one is shown. */
const extended = new WeakSet<Error>()

/**
 * Adds where the running green thread waits to an error that comes from elsewhere, whose own stack
 * ends in a callback of the event loop.
 */
export function extendStack(error: unknown, thread: { toString(): string }): void {
  if (!isError(error) || extended.has(error)) return
  extended.add(error)
  const stack: unknown = error.stack
  if (typeof stack !== 'string') return
  const frames = callerFrames(new Error().stack)
  if (frames === '') return
  const value = `${stack}\n    --- waited for by ${thread}: ---\n${frames}`
  // Does nothing to a frozen error.
  Reflect.defineProperty(error, 'stack', { value, writable: true, configurable: true })
}

function isError(error: unknown): error is Error {
  return types.isNativeError(error) || error instanceof Error
}
