import fs from 'node:fs'
import { isAbsolute as isAbsolutePath } from 'node:path'
import { GreenThreadsError } from '../errors.ts'
import { conclude } from './conclusion.ts'
import { fileContentPatches } from './fs-content.ts'
import { directoryPatches } from './fs-directory.ts'
import { readSync } from './fs-read.ts'
import { carryOut, type Done, type Outcome, tidyUp } from './operation.ts'
import { type AnyFunction, type Call, callOriginal, type Patch } from './registry.ts'

/** How many arguments each function takes that has a form with a callback of the same meaning. */
const argumentCounts: Readonly<Record<string, number>> = {
  accessSync: 2,
  chmodSync: 2,
  chownSync: 3,
  copyFileSync: 3,
  fchmodSync: 2,
  fchownSync: 3,
  fdatasyncSync: 1,
  fsyncSync: 1,
  ftruncateSync: 2,
  futimesSync: 3,
  lchmodSync: 2,
  lchownSync: 3,
  linkSync: 2,
  lutimesSync: 3,
  mkdirSync: 2,
  openSync: 3,
  readlinkSync: 2,
  readvSync: 3,
  renameSync: 2,
  statfsSync: 2,
  symlinkSync: 3,
  truncateSync: 2,
  utimesSync: 3,
  writevSync: 3,
}

/** What `finally` blocks call: it is carried out in a thread that is interrupted, too. */
const tidyingCounts: Readonly<Record<string, number>> = {
  closeSync: 1,
  rmdirSync: 2,
  unlinkSync: 1,
}

/** Every function of `node:fs` that blocks; docs/patching.md has those that are left alone, and why. */
export function fsPatches(): Patch[] {
  return [
    ...Object.entries(argumentCounts).map(([key, count]) => plain(key, count, carryOut)),
    ...Object.entries(tidyingCounts).map(([key, count]) => plain(key, count, tidyUp)),
    patch('statSync', stat(fs.stat)),
    patch('lstatSync', stat(fs.lstat)),
    patch('fstatSync', stat(fs.fstat)),
    patch('existsSync', exists),
    patch('opendirSync', openDirectory),
    patch('mkdtempSync', makeTemporary),
    patch('readdirSync', readDirectory),
    patch('readSync', readSync),
    patch('writeSync', write),
    patch('rmSync', remove),
    patch('cpSync', copy),
    patch('realpathSync', realpath),
    // After realpathSync: what carries it is the replacement.
    {
      target: () => fs.realpathSync,
      key: 'native',
      green: withCallback(fs.realpath.native, 2, carryOut),
    },
    ...('globSync' in fs ? [patch('globSync', glob)] : []),
    ...fileContentPatches(),
    ...directoryPatches(),
  ].map(withoutFunctions)
}

function patch(key: string, green: (call: Call) => unknown): Patch {
  return { target: () => fs, key, green }
}

/** A function among the arguments, which the original ignores or refuses, would be called back. */
function withoutFunctions(one: Patch): Patch {
  return {
    ...one,
    green: (call) => (call.args.some(isFunction) ? callOriginal(call) : one.green(call)),
  }
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function'
}

type Run = (start: (done: Done<unknown>) => void) => Outcome<unknown>

function plain(key: string, count: number, run: Run): Patch {
  return patch(key, withCallback(formOf(key), count, run))
}

function formOf(key: string): AnyFunction {
  return (fs as unknown as Record<string, AnyFunction>)[key.slice(0, -'Sync'.length)] as AnyFunction
}

/** All arguments are there, as the callback is found by its place. */
function withCallback(form: AnyFunction, count: number, run: Run): (call: Call) => unknown {
  return (call) => {
    const args = Array.from({ length: count }, (_, i) => call.args[i])
    return conclude(
      call,
      run((done) => form(...args, done)),
    )
  }
}

function stat(form: AnyFunction): (call: Call) => unknown {
  const green = withCallback(form, 2, carryOut)
  return (call) => {
    const options = call.args[1] as fs.StatSyncOptions | undefined
    if (options === null) return callOriginal(call)
    if (options?.throwIfNoEntry !== false) return green(call)
    const outcome = carryOut((done) => form(call.args[0], options, done))
    return outcome.kind === 'done' ? outcome.value : callOriginal(call)
  }
}

function exists(call: Call): unknown {
  const outcome = carryOut((done) => fs.access(call.args[0] as string, done))
  return outcome.kind === 'unstarted' ? callOriginal(call) : outcome.kind === 'done'
}

/** On Node.js 20 the errors of the two forms differ: what can't be opened, the original explains. */
function openDirectory(call: Call): unknown {
  const { bufferSize = 1 } = (call.args[1] ?? {}) as fs.OpenDirOptions
  // The form with a callback opens the directory before it finds this, and throws it at nobody.
  if (!Number.isInteger(bufferSize) || bufferSize < 1) return callOriginal(call)
  const outcome = carryOut((done) => (fs.opendir as AnyFunction)(call.args[0], call.args[1], done))
  return outcome.kind === 'done' ? outcome.value : callOriginal(call)
}

/** Errors of the form with a callback tell of a random name; those of the original of `XXXXXX`. */
function makeTemporary(call: Call): unknown {
  const outcome = carryOut((done) => (fs.mkdtemp as AnyFunction)(call.args[0], call.args[1], done))
  return outcome.kind === 'done' ? outcome.value : callOriginal(call)
}

const readdirWithCallback = withCallback(fs.readdir, 2, carryOut)

function readDirectory(call: Call): unknown {
  const [path, options] = call.args as [unknown, { recursive?: boolean; encoding?: string } | null]
  // Names as bytes it fails to join to paths, which it throws at nobody.
  const isOfBytes = typeof path !== 'string' || (options?.encoding ?? 'utf8') !== 'utf8'
  return options?.recursive && isOfBytes ? callOriginal(call) : readdirWithCallback(call)
}

/** Standard output and error are written to as `console.log` does, so that lines keep their order. */
const STANDARD_STREAMS: readonly unknown[] = [1, 2]

function write(call: Call): unknown {
  const [fd, data, third, fourth, fifth] = call.args
  if (STANDARD_STREAMS.includes(fd)) return callOriginal(call)
  const form: AnyFunction = fs.write
  const outcome = carryOut((done) =>
    typeof data === 'string'
      ? form(fd, data, third ?? null, fourth, done)
      : form(fd, data, third, fourth, fifth, done),
  )
  return conclude(call, outcome)
}

/** When something is in its way, the original finds that again and says it in its own words. */
function remove(call: Call): unknown {
  const [path, options] = call.args as [string, fs.RmOptions | undefined]
  const outcome = tidyUp((done) => (fs.rm as AnyFunction)(path, options, done))
  return outcome.kind === 'done' ? undefined : callOriginal(call)
}

/**
 * With a filter the original does its work in JavaScript, through functions that suspend; without one
 * in a single native call that does not, but has error messages of its own.
 */
function copy(call: Call): unknown {
  const [from, to, options] = call.args as [string, string, fs.CopySyncOptions | undefined]
  const isPlain = options === undefined || (isObject(options) && !Array.isArray(options))
  // What has to stop at the first file in its way can't be tried again.
  if (!isPlain || options?.filter !== undefined || options?.errorOnExist) return callOriginal(call)
  try {
    return callOriginal({ ...call, args: [from, to, { ...options, filter: copyAll }] })
  } catch (error) {
    if (error instanceof GreenThreadsError) throw error
    return callOriginal(call)
  }
}

function copyAll(): boolean {
  return true
}

const realpathWithCallback = withCallback(fs.realpath, 2, carryOut)

function realpath(call: Call): unknown {
  const options = call.args[1]
  // Node's loader has a cache of its own, and must not be suspended.
  const isLoader = isObject(options) && Object.getOwnPropertySymbols(options).length > 0
  return isLoader ? callOriginal(call) : realpathWithCallback(call)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function glob(call: Call): unknown {
  const { glob: form } = fs as unknown as { glob: AnyFunction }
  const [pattern, options = {}] = call.args as [string, GlobOptions | undefined]
  // It may wait, so it has to run in this thread.
  if (typeof options?.exclude === 'function') return callOriginal(call)
  // Entries have absolute paths from the one form, and relative paths from the other.
  if (options?.withFileTypes && !isAbsolute(options.cwd)) return callOriginal(call)
  return conclude(
    call,
    carryOut((done) => form(pattern, options, done)),
  )
}

interface GlobOptions {
  readonly cwd?: unknown
  readonly exclude?: unknown
  readonly withFileTypes?: unknown
}

function isAbsolute(place: unknown): boolean {
  return place instanceof URL || (typeof place === 'string' && isAbsolutePath(place))
}
