import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { addon } from './addon.ts'

type Call = <T>(fn: () => T) => T

/** The addons in test/native/fixtures and node-api: what native code of others does around JavaScript. */
export interface Fixtures {
  /** As Node calls back from its event loop, under the given async id. */
  makeCallback<T>(fn: () => T, asyncId?: number): T
  inCallbackScope: Call
  inMicrotasksScope: Call
  inIsolateScope: Call
  /** Holds `count` (32) objects in handles across the call and returns the sum of 0..count-1 read from them. */
  withHandles(fn: () => void, count?: number): number
  /** Has so many handles for a moment, all to one object. */
  useHandles(count: number): void
  /** A word on the stack that is no reference holds the address of a young object meanwhile. */
  withStrayWord: Call
  /** A constructor: calls `fn` and then reads what it was constructed for. */
  construct: new (
    fn: () => void,
  ) => { target: unknown }
  /** The processor's rounding mode is changed meanwhile. */
  roundingUp: Call
  /** Returns what `fn` throws or, if it doesn't, what it returns. */
  tryCatch(fn: () => unknown): unknown
  /** Catches what `thrower` throws, keeps it in a v8::TryCatch while `fn` runs, and returns it. */
  catchThenCall(thrower: () => never, fn: () => void): unknown
  /** What malloc() has handed out on the main thread and not got back; undefined where that is not told. */
  allocatedBytes(): number | undefined
  performCheckpoint(): void
  terminate(): void
  /** Uses that much of the stack in one native frame. */
  useStack(bytes: number): number
  napiCall: Call
  /** A Node-API handle scope is open around the call. */
  napiCallInHandleScope: Call
  napiMakeCallback: Call
}

const path = `prebuilds/${process.platform}-${process.arch}/node.abi${process.versions.modules}.node`
const folder = new URL('../../test/native/', import.meta.url)
const require = createRequire(import.meta.url)

function load(name: string): object {
  return require(fileURLToPath(new URL(`${name}/${path}`, folder)))
}

// As the core does when a program loads an addon that may use Node-API.
addon.expectNodeApi()

export const fixtures = { ...load('fixtures'), ...load('node-api') } as Fixtures
