import { AsyncResource } from 'node:async_hooks'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { AddonError, LoadedTwiceError } from '../errors.ts'

/** What the native core offers. Values never travel through it, only slots (numbers of stacks). */
export interface Addon {
  readonly backend: 'stack' | 'thread'
  /** Why this backend runs. */
  readonly backendReason: string
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
   */
  switchTo(slot: number, isContextCarried?: boolean, isNested?: boolean): number
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
  /** How many stacks exist now. */
  liveStacks(): number
  pushAsyncContext(asyncId: number, triggerAsyncId: number, resource?: object): void
  popAsyncContext(asyncId: number): boolean
  info(): Info
}

/** Introspection, for diagnosis and tests. */
export interface Info {
  /** Every stack there is, with one that the thread backend keeps for itself. */
  stacks: number
  callbackDepth: number
  microtasksDepth: number
  runningMicrotasks: boolean
  [key: string]: unknown
}

/** Finds and loads the addon that fits this platform and this version of Node.js. */
function loadAddon(): Addon {
  claimIsolate()
  const require = createRequire(import.meta.url)
  const failures: string[] = []
  for (const path of candidates()) {
    try {
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
}

const claim = Symbol.for('greenthreads.loaded')

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
  const root = fileURLToPath(new URL('../../', import.meta.url))
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
