import { EventEmitter } from 'node:events'
import { syncBuiltinESMExports } from 'node:module'
import { InvalidArgumentError, PatchedTwiceWarning } from '../errors.ts'
import { atomicsPatches } from './atomics.ts'
import { warnOfCaptures } from './captures.ts'
import { childProcessPatches } from './child-process.ts'
import { cryptoPatches } from './crypto.ts'
import { fsPatches } from './fs.ts'
import { modulePatches } from './modules.ts'
import { type AnyFunction, originalOf, type Patch, PatchSet } from './registry.ts'
import { zlibPatches } from './zlib.ts'

export { waitAnywhere } from './callbacks.ts'
export { type ReplaceableName, replacePackages } from './replacements.ts'

/** What can be patched: modules of Node.js (`module` is the CommonJS loader), and `Atomics.wait`. */
export type PatchableName = 'Atomics' | 'child_process' | 'crypto' | 'fs' | 'module' | 'zlib'

const catalogue: Readonly<Record<PatchableName, () => Patch[]>> = {
  Atomics: atomicsPatches,
  child_process: childProcessPatches,
  crypto: cryptoPatches,
  fs: fsPatches,
  module: modulePatches,
  zlib: zlibPatches,
}

const names = Object.keys(catalogue) as PatchableName[]

export interface PatchOptions {
  /** Leaves these modules as they are. */
  except?: readonly PatchableName[]
}

/** One function that is going to be patched, or that has been. */
export interface PatchEvent {
  readonly module: PatchableName
  /** The name of the function. */
  readonly name: string
}

/** A listener may keep the function as it is. */
export interface WillPatchEvent extends PatchEvent {
  veto(): void
}

/**
 * Tells of every function: `willPatch` before it is patched, and a listener may veto it; `didPatch`
 * after that; `didUnpatch` for a whole module, when its functions are the original ones again.
 * gevent's events, one for each function.
 *
 * @example
 * import { patchEvents } from 'greenthreads/patch'
 * // once for each function
 * patchEvents.on('willPatch', ({ name, veto }) => {
 *   if (name === 'statSync') veto()
 * })
 */
export const patchEvents: EventEmitter<{
  willPatch: [WillPatchEvent]
  didPatch: [PatchEvent]
  didUnpatch: [{ readonly module: PatchableName }]
}> = new EventEmitter()

const applied = new Map<PatchableName, PatchSet>()

/**
 * Makes the blocking calls of Node.js suspend the green thread that makes them. Everywhere else they
 * stay what they are. Call it before other modules are loaded, or use the preload
 * `node --import greenthreads/register`: what they have taken from a module by name before
 * (`const { readFileSync } = require('fs')`) can't be replaced; a warning names them.
 *
 * docs/patching.md lists every function. A second call warns once and changes nothing.
 *
 * @example
 * import { patchAll } from 'greenthreads/patch'
 * // the loader of CommonJS modules stays as it is
 * patchAll({ except: ['module'] })
 */
export function patchAll({ except = [] }: PatchOptions = {}): void {
  for (const name of except) checkName(name)
  patch(...names.filter((name) => !except.includes(name)))
}

/** Puts the originals back, all of them. */
export function unpatchAll(): void {
  unpatch(...names)
}

/** As `patchAll`, for some modules. */
export function patch(...modules: PatchableName[]): void {
  for (const name of modules) checkName(name)
  const fresh = modules.filter((name) => !applied.has(name))
  if (fresh.length < modules.length) warnOfSecond(modules.filter((name) => !fresh.includes(name)))
  if (fresh.length === 0) return
  const functions = fresh.flatMap(apply)
  syncBuiltinESMExports()
  warnOfCaptures(functions)
}

/** As `unpatchAll`, for some modules. Does nothing for those that are not patched. */
export function unpatch(...modules: PatchableName[]): void {
  for (const name of modules) checkName(name)
  for (const name of modules) {
    const set = applied.get(name)
    if (set === undefined) continue
    set.undo()
    applied.delete(name)
    patchEvents.emit('didUnpatch', { module: name })
  }
  syncBuiltinESMExports()
}

/** Whether a module is patched now. */
export function isPatched(name: PatchableName): boolean {
  checkName(name)
  return applied.has(name)
}

/**
 * The function that a patched one stands for, which blocks wherever it is called; any other function
 * is returned as it is.
 *
 * @example
 * import { readFileSync } from 'node:fs'
 * import { original } from 'greenthreads/patch'
 * // blocks in green threads, too
 * const blocking = original(readFileSync)
 */
export function original<F extends (...args: never[]) => unknown>(fn: F): F {
  return originalOf(fn as unknown as AnyFunction) as unknown as F
}

/** The names of the functions that it replaced. */
function apply(module: PatchableName): string[] {
  const set = new PatchSet()
  applied.set(module, set)
  return catalogue[module]()
    .filter((one) => !isVetoed(module, one.key) && set.apply(one))
    .map(({ key }) => {
      patchEvents.emit('didPatch', { module, name: key })
      return key
    })
}

function isVetoed(module: PatchableName, name: string): boolean {
  let isVetoed = false
  const veto = (): void => {
    isVetoed = true
  }
  patchEvents.emit('willPatch', { module, name, veto })
  return isVetoed
}

let isWarned = false

function warnOfSecond(modules: readonly PatchableName[]): void {
  if (isWarned) return
  isWarned = true
  process.emitWarning(new PatchedTwiceWarning(modules))
}

function checkName(name: unknown): void {
  if (names.includes(name as PatchableName)) return
  throw new InvalidArgumentError('module', `one of ${names.join(', ')}`, name)
}
