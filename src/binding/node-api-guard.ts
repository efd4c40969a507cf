import { existsSync, readFileSync } from 'node:fs'
import { addon } from './addon.ts'
import { guardExports } from './addon-guard.ts'
import { applyOnMainThread } from './main-thread.ts'
import { guardReactions } from './reaction-guard.ts'

/**
 * Node counts the handle scopes that a Node-API addon holds open, and aborts when they are not closed in
 * order. From the moment another addon is loaded, each suspension looks for its frames; before, it need not.
 * Where green threads are OS threads, the addon is initialized and called on that of the main stack.
 */
export function guardNodeApi(): void {
  const { dlopen } = process
  const load = addon.backend === 'thread' ? loadOnMainThread(dlopen as Dlopen) : dlopen
  process.dlopen = function (...args) {
    addon.expectNodeApi()
    return Reflect.apply(load, this, args)
  }
}

type Dlopen = (module: { exports: unknown }, file: string, ...rest: unknown[]) => void

function loadOnMainThread(dlopen: Dlopen): Dlopen {
  return function load(this: unknown, ...args) {
    applyOnMainThread(dlopen, this, args, load)
    const [module, file] = args
    if (!usesNodeApi(file)) return
    guardReactions()
    module.exports = guardExports(module.exports)
  }
}

/** Other addons may call back functions that wait, which they can't on the OS thread of the main stack. */
function usesNodeApi(file: string): boolean {
  // Not there if the system has found it in a folder of its own.
  if (!exists(file)) return true
  // It contains the names of the functions that it imports, or asks for when it begins.
  return readFile(file).includes('napi_')
}

// Those that are not patched to suspend.
const exists = existsSync
const readFile = readFileSync
