import fs from 'node:fs'
import { Readable } from 'node:stream'
import { types } from 'node:util'
import { spawn } from 'greenthreads'
import { original } from 'greenthreads/patch'

type AnyFunction = (...args: unknown[]) => unknown

/** What a call came to, in a form that two calls can be compared by. */
export type Result =
  | { value: unknown }
  | {
      error: Record<string, unknown>
    }

/** The original, called where it blocks. */
export function ofOriginal(fn: AnyFunction, receiver: unknown, args: unknown[]): Result {
  return resultOf(() => Reflect.apply(original(fn), receiver, args))
}

/** The patched function in a green thread. */
export async function ofPatched(
  fn: AnyFunction,
  receiver: unknown,
  args: unknown[],
): Promise<Result> {
  return await spawn(() => resultOf(() => Reflect.apply(fn, receiver, args)))
}

function resultOf(call: () => unknown): Result {
  try {
    return { value: plain(call()) }
  } catch (error) {
    return { error: errorParts(error) }
  }
}

const parts = [
  'name',
  'code',
  'message',
  'errno',
  'syscall',
  'path',
  'dest',
  'status',
  'signal',
] as const

function errorParts(error: unknown): Record<string, unknown> {
  if (!types.isNativeError(error)) return { thrown: String(error) }
  const seen: Record<string, unknown> = { class: error.constructor.name }
  for (const part of parts) seen[part] = (error as unknown as Record<string, unknown>)[part]
  seen.properties = Object.keys(error).sort().join()
  seen.heading = String(error.stack).split('\n    at ')[0]
  return seen
}

function plain(value: unknown): unknown {
  if (value instanceof fs.Stats || types.isProxy(value)) return plainStats(value as fs.Stats)
  if (value instanceof fs.Dirent) return `${kindOf(value)} ${plain(value.name)} ${value.parentPath}`
  if (value instanceof fs.Dir) {
    value.closeSync()
    return `Dir ${value.path}`
  }
  if (Buffer.isBuffer(value)) return `Buffer ${value.toString('latin1')}`
  if (Array.isArray(value)) return value.map(plain)
  if (value instanceof Readable) return 'stream'
  if (typeof value === 'object' && value !== null && 'mtimeNs' in value) {
    return plainStats(value as unknown as fs.Stats)
  }
  return value
}

function plainStats({ mode, size, nlink, uid, gid, ...others }: fs.Stats): unknown {
  return { mode, size, nlink, uid, gid, names: Object.keys(others).join() }
}

function kindOf(entry: fs.Dirent): string {
  return entry.isFile() ? 'file' : entry.isDirectory() ? 'directory' : 'other'
}
