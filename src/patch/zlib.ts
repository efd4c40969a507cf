import { types } from 'node:util'
import zlib from 'node:zlib'
import { carryOut } from './operation.ts'
import { type AnyFunction, callOriginal, type Patch } from './registry.ts'

const names = [
  'brotliCompress',
  'brotliDecompress',
  'deflate',
  'deflateRaw',
  'gunzip',
  'gzip',
  'inflate',
  'inflateRaw',
  'unzip',
  'zstdCompress',
  'zstdDecompress',
]

/** All ways to compress that this version of Node.js has. */
export function zlibPatches(): Patch[] {
  const forms = zlib as unknown as Record<string, AnyFunction>
  return names
    .filter((name) => name in forms)
    .map((name) => patch(name, forms[name] as AnyFunction))
}

function patch(name: string, form: AnyFunction): Patch {
  return {
    target: () => zlib,
    key: `${name}Sync`,
    green: (call) => {
      const [data, options] = call.args
      if (typeof options === 'function' || !isData(data)) return callOriginal(call)
      const unflushed = withoutFlush(name, options)
      const given = name === 'zstdCompress' ? withSize(data, unflushed) : unflushed
      const outcome = carryOut((done) => form(data, given, done))
      // What went wrong goes wrong again: the original says it in its own words.
      return outcome.kind === 'done' ? outcome.value : callOriginal(call)
    },
  }
}

/** The original checks this option, and does not use it; the form with a callback does. */
function withoutFlush(name: string, options: unknown): unknown {
  if ((options as { flush?: unknown } | null | undefined)?.flush === undefined) return options
  const create = `create${name[0]?.toUpperCase()}${name.slice(1)}`
  const { [create]: createStream } = zlib as unknown as Record<string, AnyFunction>
  try {
    createStream?.(options).destroy()
  } catch {
    return options // which is refused
  }
  return { ...(options as object), flush: undefined }
}

/** The original knows how much is to come, and writes it into the header. */
function withSize(
  data: string | ArrayBufferLike | NodeJS.ArrayBufferView,
  options: unknown,
): unknown {
  return { pledgedSrcSize: Buffer.byteLength(data), ...(options as object | null | undefined) }
}

/** The forms with a callback do not look. */
function isData(data: unknown): data is string | ArrayBufferLike | NodeJS.ArrayBufferView {
  return typeof data === 'string' || types.isArrayBufferView(data) || types.isAnyArrayBuffer(data)
}
