import fs from 'node:fs'
import { Socket, type SocketConstructorOpts } from 'node:net'
import { isatty, ReadStream } from 'node:tty'
import { carryOutAbandonably, type Done, type Outcome } from './operation.ts'

/** The originals: on a descriptor that does not block they return at once. */
const { readSync, closeSync } = fs

/**
 * Reads once from a pipe or a terminal, as soon as there is something. The descriptor does not block,
 * and is closed at the end.
 */
export function readWhenThere(fd: number, part: Uint8Array): Outcome<number> {
  const bytesRead = readNow(fd, part)
  if (bytesRead === undefined) return carryOutAbandonably((done) => listen(fd, part, done))
  closeSync(fd)
  return { kind: 'done', value: bytesRead }
}

/** Undefined when there is nothing yet; what else is wrong comes again while it is waited for. */
function readNow(fd: number, part: Uint8Array): number | undefined {
  try {
    return readSync(fd, part)
  } catch {
    return undefined
  }
}

function listen(fd: number, part: Uint8Array, done: Done<number>): () => void {
  // A single read goes into the caller's own bytes, so nothing is taken from the stream too much.
  const onread = {
    buffer: part,
    callback: (bytesRead: number): boolean => {
      end(null, bytesRead)
      return false
    },
  }
  const stream = isatty(fd)
    ? new ReadStream(fd, { onread } as object)
    : new Socket({ fd, readable: true, writable: false, onread } as SocketConstructorOpts)
  function end(error: Error | null, bytesRead = 0): void {
    stream.destroy()
    done(error, bytesRead)
  }
  stream.on('error', end)
  stream.on('end', () => end(null))
  stream.resume()
  return () => stream.destroy()
}
