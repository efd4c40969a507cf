import * as library from '../index.ts'

/** An error on its way between threads, where a structured clone would lose class, code and cause. */
export interface PackedError {
  readonly className: string
  readonly name: string
  readonly message: string
  readonly stack: string
  /** Its own members, such as `code`; errors among them are packed too. */
  readonly members: readonly (readonly [key: string, value: unknown, isPacked: boolean])[]
}

/** Causes of causes are packed as far as this. */
const DEPTH = 8

/** The thrown value itself when it is no error. */
export function pack(thrown: unknown, depth: number = DEPTH): PackedError | undefined {
  if (!(thrown instanceof Error) || depth === 0) return undefined
  const members: [string, unknown, boolean][] = []
  for (const key of Object.getOwnPropertyNames(thrown)) {
    if (key === 'name' || key === 'message' || key === 'stack') continue
    const value: unknown = Reflect.get(thrown, key)
    const packed = Array.isArray(value) ? packAll(value, depth - 1) : pack(value, depth - 1)
    if (packed !== undefined) members.push([key, packed, true])
    else if (isCloneable(value)) members.push([key, value, false])
  }
  const { name, message, stack } = thrown
  return { className: thrown.constructor.name, name, message, stack: String(stack), members }
}

/** Of the same class where that is known here: the language's and this library's own. */
export function unpack(packed: PackedError): Error {
  const { className, name, message, stack } = packed
  const error = new Error(message)
  const known = classNamed(className)
  if (known !== undefined) Object.setPrototypeOf(error, known.prototype)
  if (error.name !== name || known === undefined) {
    define(error, 'name', name === 'Error' ? className : name)
  }
  define(error, 'stack', stack)
  for (const [key, value, isPacked] of packed.members)
    define(error, key, isPacked ? unpackAll(value) : value, key !== 'cause' && key !== 'errors')
  return error
}

function packAll(values: readonly unknown[], depth: number): PackedError[] | undefined {
  const packed = values.map((value) => pack(value, depth))
  return packed.length > 0 && packed.every((value) => value !== undefined) ? packed : undefined
}

function unpackAll(value: unknown): unknown {
  return Array.isArray(value) ? value.map(unpack) : unpack(value as PackedError)
}

function classNamed(name: string): typeof Error | undefined {
  const found: unknown = builtIn.has(name)
    ? (globalThis as Record<string, unknown>)[name]
    : (library as Record<string, unknown>)[name]
  return typeof found === 'function' && found.prototype instanceof Error
    ? (found as typeof Error)
    : undefined
}

const builtIn = new Set([
  'AggregateError',
  'EvalError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'TypeError',
  'URIError',
])

function define(error: Error, key: string, value: unknown, enumerable = false): void {
  Object.defineProperty(error, key, { value, enumerable, configurable: true, writable: true })
}

function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value)
    return true
  } catch {
    return false
  }
}
