import { types } from 'node:util'

/** What `spawnSync`, `execFileSync` and `execSync` take, as far as it matters here. */
export interface ChildOptions {
  readonly argv0?: string
  readonly cwd?: unknown
  readonly encoding?: BufferEncoding | 'buffer' | null
  readonly input?: string | NodeJS.ArrayBufferView | null
  readonly killSignal?: NodeJS.Signals | number
  readonly maxBuffer?: number | null
  readonly shell?: string | boolean
  readonly stdio?: unknown
  readonly timeout?: number | null
}

const DEFAULT_MAX_BUFFER_BYTES = 1024 * 1024

/** Whether the form with events understands the options alike; the original deals with all others. */
export function isUnderstood(options: unknown): options is ChildOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) return false
  const { cwd, input, maxBuffer, stdio, timeout } = options as ChildOptions
  if (cwd === '') return false // no folder to one form, the present one to the other
  return isInput(input) && isLimit(maxBuffer) && isTime(timeout) && isStdio(stdio)
}

/** How much output there may be; 0 for any amount, as an absent value that is written down means. */
export function maxBufferBytes(options: ChildOptions): number {
  if (!('maxBuffer' in options)) return DEFAULT_MAX_BUFFER_BYTES
  return options.maxBuffer ?? 0
}

/** What goes to standard input. Throws for an encoding that is not one. */
export function inputOf({ input, encoding }: ChildOptions): string | Uint8Array {
  if (typeof input === 'string') return Buffer.from(input, encoding as BufferEncoding)
  if (input === undefined || input === null) return ''
  return new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
}

function isInput(input: unknown): boolean {
  return input === undefined || input === null || isText(input) || types.isArrayBufferView(input)
}

function isText(value: unknown): boolean {
  return typeof value === 'string'
}

function isLimit(limit: unknown): boolean {
  return limit === undefined || limit === null || (typeof limit === 'number' && limit >= 0)
}

function isTime(timeout: unknown): boolean {
  return (
    timeout === undefined || timeout === null || (Number.isInteger(timeout) && isLimit(timeout))
  )
}

/** No channel for messages, and no input for single pipes. */
function isStdio(stdio: unknown): boolean {
  const entries = Array.isArray(stdio) ? stdio : [stdio]
  return entries.every(
    (entry) =>
      entry !== 'ipc' && !(typeof entry === 'object' && entry !== null && 'input' in entry),
  )
}
