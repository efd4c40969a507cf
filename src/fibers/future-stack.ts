/**
 * Heads the stack of an error that was kept for a while by the stack of whoever gets it. The original one
 * stays there as `futureStack`, so that it is headed by the last one who gets it, and not by all.
 *
 * @param getter the innermost function that is not shown.
 */
export function linkStacks(error: unknown, getter: (...args: never[]) => unknown): void {
  if (!(error instanceof Error)) return
  const { futureStack = error.stack } = error as Error & { futureStack?: unknown }
  if (typeof futureStack !== 'string') return
  const place: { stack?: string } = {}
  Error.captureStackTrace(place, getter)
  const [header, frames] = divided(futureStack)
  const [, here] = divided(place.stack ?? '')
  // Does nothing to a frozen error.
  define(error, 'futureStack', futureStack)
  define(error, 'stack', `${header}${here}\n    - - - - -${frames}`)
}

/** The message, of one line or several, and the frames. */
function divided(stack: string): [string, string] {
  const start = stack.indexOf('\n    at ')
  return start === -1 ? [stack, ''] : [stack.slice(0, start), stack.slice(start)]
}

function define(error: Error, name: string, value: string): void {
  Reflect.defineProperty(error, name, { value, writable: true, configurable: true })
}
