import Module from 'node:module'
import { CannotSuspendError } from '../errors.ts'
import { currentThreadId, WaitQueue } from '../lowlevel.ts'
import { type AnyFunction, type Call, callOriginal, type Patch } from './registry.ts'

/** What Node's CommonJS loader is made of. */
const loader = Module as unknown as {
  _load: AnyFunction
  _resolveFilename: AnyFunction
  _extensions: Record<string, AnyFunction>
  prototype: object
}

/** A module whose top level has begun and not ended. */
interface Load {
  /** The id of the thread that loads it; 0 for the main stack. */
  readonly id: number
  readonly ended: WaitQueue
}

/** By file name. */
const loads = new Map<string, Load>()

/** What each thread waits for. */
const waitsFor = new Map<number, Load>()

/** True while the loader reads a file: it has to come to its end in one go, as Node's own code calls it. */
let isReading = false

export function isLoaderReading(): boolean {
  return isReading
}

/**
 * A module whose top level waits is loaded by one thread; others that require it wait for its end, so
 * that all see its full exports. Modules that require each other get what there is, as always.
 */
export function modulePatches(): Patch[] {
  const isEverywhere = true
  return [
    { target: () => Module, key: '_load', green: load },
    { target: () => loader.prototype, key: 'load', green: evaluate, isEverywhere },
    { target: () => loader.prototype, key: '_compile', green: compile, isEverywhere },
    ...['.js', '.json'].map((key) => ({
      target: () => loader._extensions,
      key,
      green: read,
      isEverywhere,
    })),
  ]
}

function load(call: Call): unknown {
  if (loads.size > 0) waitForEnd(currentThreadId(), call)
  return callOriginal(call)
}

function waitForEnd(id: number, { args, receiver }: Call): void {
  const file = fileOf(receiver, args)
  for (;;) {
    const begun = file === undefined ? undefined : loads.get(file)
    if (begun === undefined || isCyclic(begun, id)) return
    if (!isEndAwaited(id, begun)) return
  }
}

/** False where the thread can't be suspended: it gets what there is. */
function isEndAwaited(id: number, begun: Load): boolean {
  waitsFor.set(id, begun)
  try {
    begun.ended.park()
    return true
  } catch (error) {
    if (error instanceof CannotSuspendError) return false
    throw error
  } finally {
    waitsFor.delete(id)
  }
}

/** Undefined when there is no such file, which the loader explains. */
function fileOf(
  receiver: unknown,
  [request, parent, isMain]: readonly unknown[],
): string | undefined {
  try {
    return loader._resolveFilename.call(receiver, request, parent, isMain) as string
  } catch {
    return undefined
  }
}

/** Whether waiting would never end, as in Python's import locks: follow who waits for whom. */
function isCyclic(begun: Load, id: number): boolean {
  for (let next: Load | undefined = begun; next !== undefined; ) {
    // The main stack goes on only when this thread suspends, for something else.
    if (next.id === 0 || next.id === id) return true
    next = waitsFor.get(next.id)
  }
  return false
}

function evaluate(call: Call): unknown {
  const file = call.args[0] as string
  if (loads.has(file)) return callOriginal(call)
  const begun: Load = { id: currentThreadId(), ended: new WaitQueue() }
  loads.set(file, begun)
  try {
    return callOriginal(call)
  } finally {
    loads.delete(file)
    begun.ended.unparkAll()
  }
}

function read(call: Call): unknown {
  return withReading(true, call)
}

function compile(call: Call): unknown {
  return withReading(false, call)
}

function withReading(isNow: boolean, call: Call): unknown {
  const before = isReading
  isReading = isNow
  try {
    return callOriginal(call)
  } finally {
    isReading = before
  }
}
