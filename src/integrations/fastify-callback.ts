// biome-ignore lint/suspicious/noExplicitAny: functions of every stage, whose parameters differ
export type Stage = (this: any, ...args: any[]) => any

/**
 * Tells whether a hook continues the request itself, by calling the `done` that Fastify passes at
 * `position`, or when it returns.
 *
 * A mistake in one direction hangs a request where everybody sees it; in the other it would run the
 * handler before, say, an authentication hook has decided. So a function whose parameters do not
 * tell (rest parameters, `arguments`, a bound function of these) is taken to call `done`, as it
 * must in plain Fastify.
 */
export function takesDone(hook: Stage, position: number): boolean {
  if (hook.length > position) return true
  const source = Function.prototype.toString.call(hook)
  if (source.endsWith('{ [native code] }')) return hook.length === 0
  return /\barguments\b/.test(source) || hasRestParameter(source)
}

/** Fastify rejects such a hook: it could continue the request twice. */
export function isAsyncWithDone(hook: Stage, position: number): boolean {
  return hook.constructor.name === 'AsyncFunction' && hook.length > position
}

function hasRestParameter(source: string): boolean {
  if (/^(?:async\s+)?[\w$]+\s*=>/.test(source)) return false
  let depth = 0
  let quote = ''
  for (let i = source.indexOf('('); i >= 0 && i < source.length; i++) {
    const char = source[i] as string
    if (quote !== '') {
      if (char === '\\') i++
      else if (char === quote) quote = ''
    } else if (char === '"' || char === "'" || char === '`') {
      quote = char
    } else if ('([{'.includes(char)) {
      depth++
    } else if (')]}'.includes(char)) {
      if (--depth === 0) return false
    } else if (depth === 1 && source.startsWith('...', i)) {
      return true
    }
  }
  return true
}
