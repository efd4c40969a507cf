import { AsyncResource } from 'node:async_hooks'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { AddonError, LoadedTwiceError } from '../errors.ts'
import { missingBytes } from './shared-library.ts'

/** What the native core offers. Values never travel through it, only slots (numbers of stacks). */
export interface Addon {
  readonly backend: 'stack' | 'thread'
  /** Why this backend runs. */
  readonly backendReason: string
  /**
   * Whether callbacks that native code makes can be suspended: Node's counter of them was found, and each
   * stack takes its share along.
   */
  readonly countsCallbacks: boolean
  /**
   * In its first place, how many microtasks are pending at any moment: V8's own counter. Undefined where it
   * was not found.
   */
  readonly pendingMicrotasks: Int32Array | undefined
  /** Node's own: the async id and the trigger id of the topmost scope. Undefined where it was not found. */
  readonly asyncIds: Float64Array | undefined
  /** Node's own: how many hooks there are for init, before, after ... Undefined where it was not found. */
  readonly asyncHooks: Uint32Array | undefined
  /**
   * Once per isolate. `entry(slot)` is called on a new stack at its first switch and loops until that
   * returns 1.
   */
  initialize(entry: (slot: number) => void): void
  /** A new stack, not yet started. Returns its slot (>= 1); 0 is the main stack. */
  create(stackBytes: number): number
  /**
   * Continues `slot` in place of what runs now. Returns when somebody switches back: 0 normally, 1 when
   * this stack, idle, is to end: return; at once and less than 0 when it can't be suspended here.
   *
   * @param isContextCarried the target goes on with the async context of the caller, not with its own.
   * @param isNested this stack goes on before anything below it does, so it can be left anywhere.
   * @param isOver this stack goes on only with the context of whoever continues it, and keeps no other alive.
   */
  switchTo(slot: number, isContextCarried?: boolean, isNested?: boolean, isOver?: boolean): number
  /** `switchTo(slot, true, true)`, in less time. */
  visit(slot: number): number
  /**
   * Returns to whoever visited this stack, which has nothing to go on with but what the next visit brings. 0
   * when that has come, 1 when the stack is to end.
   */
  rest(): number
  /**
   * Calls a function on the OS thread of the main stack, while this stack waits; returns or throws what it
   * does. This stack can't be suspended meanwhile (`switchTo` refuses), but others can be started and resumed.
   */
  callOnMain<T>(fn: () => T): T
  /** What `switchTo` would return here if it refused to suspend this stack; otherwise 0. */
  findRefusal(): number
  /**
   * Drops a suspended stack: nothing on it runs any more, no `finally` either. An idle one is told to end
   * (`switchTo` returns 1 there) where the backend needs that; one that is not idle may leave its OS
   * thread asleep there.
   */
  destroy(slot: number, isIdle?: boolean): void
  /**
   * Lets joins of arrays be suspended in the realm of a function, which has this form:
   * `suspend => () => { [{ toString: () => { for (;;) suspend() } }].join() }`.
   * In the main realm they can be.
   */
  protectJoins(joinForever: (suspend: () => void) => () => void): void
  /** To call after a termination: V8 then no longer allows joins of arrays to be suspended. */
  renewJoinProtection(): void
  /** To call before another native addon is loaded: its frames may forbid to suspend. */
  expectNodeApi(): void
  /** Returns the unused memory of an idle stack to the system. */
  giveBack(slot: number): void
  /**
   * Once: `callback` is called instead of Node's own tick callback, and whenever Node would run microtasks
   * by itself and there are any. From here on a stack may be suspended inside microtasks that it runs.
   */
  runTicks(callback: () => void): void
  /** Node's own class of ES modules; undefined where it was not found. */
  moduleClass(): unknown
  /**
   * Watches whether the event loop turns: `beat()` has to be called again within the threshold. What holds it
   * up is written to the descriptor, if that is not less than 0, and kept for the next beat. Returns the
   * number of the monitor; 0 when the system has no thread to give.
   */
  startMonitor(thresholdMs: number, descriptor: number): number
  /** What has held up the event loop since the last one, if anything: milliseconds, and the stack. */
  beat(monitor: number): [number, string] | undefined
  /** Does nothing for one that was stopped. */
  stopMonitor(monitor: number): void
  /** Tells async hooks that a callback begins. */
  emitBefore(asyncId: number): void
  /** Tells async hooks that a callback has ended. */
  emitAfter(asyncId: number): void
  /**
   * Lets native code call this in place of its callbacks, where async hooks are listened to or the resource
   * of a callback may be asked for. Node.js sets its own when a hook is enabled. Missing where Node.js does
   * not export it.
   */
  setCallbackTrampoline?(trampoline: Trampoline): void
  /** How many stacks exist now. */
  liveStacks(): number
  pushAsyncContext(asyncId: number, triggerAsyncId: number, resource?: object): void
  popAsyncContext(asyncId: number): boolean
  info(): Info
}

/** Calls `callback` with the same receiver, and tells async hooks of it. */
type Trampoline = (
  asyncId: number,
  resource: object,
  callback: (...args: never[]) => unknown,
  ...args: unknown[]
) => unknown

/** Introspection, for diagnosis and tests. */
export interface Info {
  /** Every stack there is, with one that the thread backend keeps for itself. */
  stacks: number
  /** How many of the suspended ones minor collections do not visit; see resting_records.h. */
  restingStacks: number
  callbackDepth: number
  microtasksDepth: number
  runningMicrotasks: boolean
  [key: string]: unknown
}

/** The folder of this package, with a slash at its end. */
const root = fileURLToPath(new URL('../../', import.meta.url))

/** Finds and loads the addon that fits this platform and this version of Node.js. */
function loadAddon(): Addon {
  claimIsolate()
  const require = createRequire(import.meta.url)
  const failures: string[] = []
  for (const path of candidates()) {
    try {
      checkWhole(path)
      const loaded = require(path) as Addon
      return checked(loaded)
    } catch (error) {
      if (error instanceof AddonError) throw error
      if (!isMissing(error, path)) throw failed(path, error)
      failures.push(path)
    }
  }
  throw new AddonError(
    'ERR_GT_ADDON_NOT_FOUND',
    `The native addon for ${process.platform}-${process.arch}, Node.js ${process.version} ` +
      `(ABI ${process.versions.modules}) was not found. Tried:\n` +
      failures.map((path) => `  ${path}\n`).join('') +
      'Build it with:  npm run build:native',
  )
}

/** Two copies would switch stacks under each other's feet: the engine aborts then, or hangs. */
function claimIsolate(): void {
  const here = import.meta.url
  // Of the main realm, so that copies loaded in vm contexts see each other.
  const first: unknown = Reflect.get(AsyncResource, claim)
  if (first !== undefined) throw new LoadedTwiceError(String(first), here)
  Object.defineProperty(AsyncResource, claim, { value: here })
  shareCopy()
}

const claim = Symbol.for('greenthreads.loaded')

/** As entries/shared.cjs does, for programs that are started by this copy and import another one. */
function shareCopy(): void {
  if (Reflect.has(AsyncResource, copy)) return
  const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { version: string }
  Reflect.set(AsyncResource, copy, `${version} ${root.slice(0, -1)}`)
}

const copy = Symbol.for('greenthreads.copy')

function checkWhole(path: string): void {
  if (!existsSync(path)) return
  const missing = missingBytes(path)
  if (missing === 0) return
  throw new AddonError(
    'ERR_GT_ADDON_FAILED',
    `The native addon ${path} is not whole: ${missing} bytes are missing at its end.\n` +
      'Install the package again, or build it:  npm run build:native',
  )
}

function checked(addon: Partial<Addon>): Addon {
  if (addon.pushAsyncContext === undefined || addon.popAsyncContext === undefined) {
    throw new AddonError(
      'ERR_GT_ADDON_FAILED',
      `This build of Node.js ${process.version} does not export node::AsyncWrap::PushAsyncContext and ` +
        'PopAsyncContext, without which the async context would be lost at the first wait.\n' +
        'Use an official build of Node.js.',
    )
  }
  return addon as Addon
}

function candidates(): string[] {
  const folder = `${root}prebuilds/${process.platform}-${process.arch}`
  return [
    `${folder}/node.abi${process.versions.modules}.node`,
    `${root}build/Release/greenthreads.node`,
  ]
}

function isMissing(error: unknown, path: string): boolean {
  const { code, message } = error as NodeJS.ErrnoException
  return code === 'MODULE_NOT_FOUND' && message.includes(path)
}

function failed(path: string, cause: unknown): AddonError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new AddonError(
    'ERR_GT_ADDON_FAILED',
    `The native addon ${path} did not load: ${reason}\n` +
      'If it was built for another version of Node.js, build it again:  npm run build:native',
    cause,
  )
}

export const addon: Addon = loadAddon()

/** Which backend runs: own stacks in one operating system thread, or one operating system thread each. */
export const backend: 'stack' | 'thread' = addon.backend

/** Why this backend was chosen. */
export const backendReason: string = addon.backendReason
