import { types } from 'node:util'
import { isInGreenThread } from './operation.ts'

// biome-ignore lint/suspicious/noExplicitAny: functions of any shape are replaced.
export type AnyFunction = (this: any, ...args: any[]) => any

/** A call of a patched function inside a green thread. */
export interface Call {
  readonly original: AnyFunction
  /** The function that stands in for it: error stacks begin at its caller. */
  readonly replacement: AnyFunction
  readonly receiver: unknown
  readonly args: readonly unknown[]
}

/** One function that is replaced. */
export interface Patch {
  /** The object that has it, at the time of patching: it may be the property of a patched function. */
  readonly target: () => object
  readonly key: string
  /** What it does inside a green thread. */
  readonly green: (call: Call) => unknown
  /** True for a function that also has something to do outside of green threads. */
  readonly isEverywhere?: boolean
}

/** A replacement that is in place. */
interface Applied {
  readonly target: object
  readonly key: string
  readonly descriptor: PropertyDescriptor
  readonly replacement: AnyFunction
}

const originals = new WeakMap<object, AnyFunction>()

/** Replacements that others have captured are told apart from those that work. */
const working = new WeakSet<object>()

/** What a function was before it was patched. */
export function originalOf(fn: AnyFunction): AnyFunction {
  return originals.get(fn) ?? fn
}

/** Calls the original of a call. Stacks of its errors are those of a call without us. */
export function callOriginal(call: Call): unknown {
  try {
    return Reflect.apply(call.original, call.receiver, call.args)
  } catch (error) {
    leaveOutOurs(error)
    throw error
  }
}

const ourFolder = new URL('.', import.meta.url).href

function leaveOutOurs(error: unknown): void {
  if (!types.isNativeError(error) || typeof error.stack !== 'string') return
  const lines = error.stack.split('\n')
  const others = lines.filter((line) => !line.startsWith('    at ') || !line.includes(ourFolder))
  if (others.length < lines.length) Reflect.set(error, 'stack', others.join('\n'))
}

/** The same, in one go: the patched functions that the original calls are the originals, too. */
export function callBlocking(call: Call): unknown {
  const before = isBlocking
  isBlocking = true
  try {
    return callOriginal(call)
  } finally {
    isBlocking = before
  }
}

let isBlocking = false

/** Puts replacements in place; undoes them, in the reverse order. */
export class PatchSet {
  readonly #applied: Applied[] = []

  /** False when there is no such function here. */
  apply(patch: Patch): boolean {
    const target = patch.target()
    const { key } = patch
    const descriptor = Object.getOwnPropertyDescriptor(target, key)
    const original: unknown = descriptor?.value
    if (descriptor === undefined || typeof original !== 'function') return false
    const replacement = standIn(original as AnyFunction, patch)
    Object.defineProperty(target, key, { ...descriptor, value: replacement })
    this.#applied.push({ target, key, descriptor, replacement })
    working.add(replacement)
    return true
  }

  undo(): void {
    for (const { target, key, descriptor, replacement } of this.#applied.reverse()) {
      working.delete(replacement)
      // Somebody may have wrapped ours: it stays below theirs, and only calls the original.
      const now = Object.getOwnPropertyDescriptor(target, key)
      if (now?.value === replacement) Object.defineProperty(target, key, descriptor)
    }
    this.#applied.length = 0
  }
}

/** The same at each patching, so that one that was captured works again after the next. */
const replacements = new WeakMap<AnyFunction, AnyFunction>()

function standIn(original: AnyFunction, patch: Patch): AnyFunction {
  const known = replacements.get(original)
  if (known !== undefined) return known
  const made = newStandIn(original, patch)
  replacements.set(original, made)
  originals.set(made, original)
  return made
}

function newStandIn(original: AnyFunction, { green, isEverywhere = false }: Patch): AnyFunction {
  const replacement: AnyFunction = function (this: unknown, ...args) {
    if (!isBlocking && working.has(replacement) && (isEverywhere || isInGreenThread())) {
      return green({ original, replacement, receiver: this, args })
    }
    return Reflect.apply(original, this, args)
  }
  Object.defineProperties(replacement, Object.getOwnPropertyDescriptors(original))
  return replacement
}

/** Whether the call was made by Node's own code, in a file whose name begins so. */
export function isMadeByNode({ replacement }: Call, place: string = 'internal/'): boolean {
  const { stackTraceLimit } = Error
  const here = { stack: '' as unknown }
  Error.stackTraceLimit = 1
  Error.captureStackTrace(here, replacement)
  Error.stackTraceLimit = stackTraceLimit
  return String(here.stack).includes(`node:${place}`)
}
