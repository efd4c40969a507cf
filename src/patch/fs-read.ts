import fs, { constants } from 'node:fs'
import { isatty } from 'node:tty'
import { types } from 'node:util'
import { conclude } from './conclusion.ts'
import { carryOut } from './operation.ts'
import { type AnyFunction, type Call, callOriginal } from './registry.ts'
import { readWhenThere } from './stream-read.ts'

/** The originals: these calls take no time. */
const { fstatSync, openSync } = fs

/** What the system is asked for. */
interface ReadRequest {
  readonly fd: number
  readonly buffer: NodeJS.ArrayBufferView
  readonly offset: number
  readonly length: number
  readonly position: number | bigint | null
}

/** A read of a pipe or a terminal waits for input; other files are read in libuv's pool. */
export function readSync(call: Call): unknown {
  const request = requestOf(call.args)
  if (request === undefined) return callOriginal(call)
  const again = isOfStream(request) ? openedAgain(request.fd) : undefined
  if (again !== undefined) {
    const { buffer, offset, length } = request
    const part = new Uint8Array(buffer.buffer, buffer.byteOffset + offset, length)
    return conclude(call, readWhenThere(again, part))
  }
  const form: AnyFunction = fs.read
  const { fd, buffer, offset, length, position } = request
  return conclude(
    call,
    carryOut((done) => form(fd, buffer, offset, length, position, done)),
  )
}

/** True for what may have nothing to read yet, and a place in the file system that opens it again. */
function canBeWaitedFor(fd: number): boolean {
  if (process.platform !== 'linux') return false
  try {
    return fstatSync(fd).isFIFO() || isatty(fd)
  } catch {
    return false // the read explains
  }
}

/** Both ways to write a call, as the original reads them; undefined when it will refuse it. */
function requestOf(args: readonly unknown[]): ReadRequest | undefined {
  const [fd, buffer, third, fourth, fifth] = args
  if (typeof fd !== 'number' || !types.isArrayBufferView(buffer)) return undefined
  if (args.length > 3 && typeof third !== 'object') {
    return requestFor(fd, buffer, { offset: third, length: fourth, position: fifth })
  }
  if (third !== undefined && (typeof third !== 'object' || Array.isArray(third))) return undefined
  const { offset = 0, length, position } = (third ?? {}) as Places
  // What is refused as an offset can't be reckoned with.
  const rest = typeof offset === 'number' ? buffer.byteLength - offset : 0
  return requestFor(fd, buffer, { offset, length: length === undefined ? rest : length, position })
}

interface Places {
  readonly offset?: unknown
  readonly length?: unknown
  readonly position?: unknown
}

/** The original looks at the offset before it converts the length, which may throw: `10n | 0`. */
function requestFor(
  fd: number,
  buffer: NodeJS.ArrayBufferView,
  { offset, length, position }: Places,
): ReadRequest | undefined {
  const isCounted = isNumberOrNothing(offset) && isNumberOrNothing(length)
  if (!isCounted) return undefined
  return { fd, buffer, offset: offset ?? 0, length: (length ?? 0) | 0, position: placeOf(position) }
}

function isNumberOrNothing(value: unknown): value is number | null | undefined {
  return value === undefined || value === null || typeof value === 'number'
}

function placeOf(position: unknown): number | bigint | null {
  return (position ?? null) as number | bigint | null
}

function isOfStream({ fd, buffer, offset, length, position }: ReadRequest): boolean {
  const isInside =
    Number.isInteger(offset) && offset >= 0 && length > 0 && offset + length <= buffer.byteLength
  return isInside && (position === null || position === -1) && canBeWaitedFor(fd)
}

/** With a description of its own, as the caller's must stay blocking for everybody else. */
function openedAgain(fd: number): number | undefined {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch {
    return undefined // another user's terminal, for example
  }
}
