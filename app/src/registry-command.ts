import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import { SingleBar } from 'cli-progress'
import { sleep, toAsync, wait } from 'greenthreads'
import { request } from 'undici'

const help = `Uploads a register of payments and shows how far it is.

  npm run registry -w app -- FILE --key gtk_...   CSV with a line of names: inn,amount,purpose; or .json

  --url URL         the service (default http://127.0.0.1:3000)
  --key KEY         an API key with the scopes registries:read and registries:write (or REGISTRY_KEY)
  --title TEXT      for people (default the name of the file)
  --skip-invalid    pay the other lines when some have errors; otherwise nothing is paid then

The same file again is the same register: nobody is paid twice.
`

interface Registry {
  readonly id: string
  readonly state: 'processing' | 'finished' | 'refused'
  readonly rows: number
  readonly errors: number
  readonly progress: { open: number; completed: number; refused: number; annulled: number }
}

interface Options {
  readonly file: string
  readonly url: string
  readonly key: string
  readonly title: string
  readonly invalidRows: 'refuse' | 'skip'
}

class UsageError extends Error {}

const pollMs = 250
const shownErrors = 20

function main(): void {
  const options = readOptions()
  if (options === undefined) {
    console.log(help)
    return
  }
  const registry = upload(options)
  showErrors(options, registry)
  if (registry.state === 'refused') {
    console.log('Nothing is paid. Mend the file and send it again, or use --skip-invalid.')
    process.exitCode = 1
    return
  }
  const { completed, refused, annulled } = follow(options, registry).progress
  console.log(
    `Register ${registry.id}: ${completed} completed, ${refused} refused, ${annulled} annulled.`,
  )
}

function readOptions(): Options | undefined {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      url: { type: 'string', default: 'http://127.0.0.1:3000' },
      key: { type: 'string', default: process.env.REGISTRY_KEY ?? '' },
      title: { type: 'string' },
      'skip-invalid': { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  const [file, ...others] = positionals
  if (file === undefined || others.length > 0) throw new UsageError('Name one file; see --help.')
  if (values.key === '') throw new UsageError('Give an API key with --key; see --help.')
  if (!URL.canParse(values.url) || !/^https?:$/.test(new URL(values.url).protocol)) {
    throw new UsageError(
      `--url must be an address such as http://127.0.0.1:3000, but it is "${values.url}".`,
    )
  }
  return {
    file,
    url: values.url.replace(/\/$/, ''),
    key: values.key,
    title: values.title ?? basename(file),
    invalidRows: values['skip-invalid'] ? 'skip' : 'refuse',
  }
}

function upload({ file, url, key, title, invalidRows }: Options): Registry {
  const content = readFileSync(file)
  const query = new URLSearchParams({ title, invalidRows })
  const requestKey = createHash('sha256').update(`${query}\n`).update(content).digest('hex')
  const { statusCode, answer } = ask(url, `/registries?${query}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': file.endsWith('.json') ? 'application/json' : 'text/csv',
      'idempotency-key': requestKey,
    },
    body: content,
  })
  if (statusCode > 202 && statusCode !== 422) throw refusal(statusCode, answer)
  if (!isRegistry(answer)) throw refusal(statusCode, answer)
  return answer
}

function follow(options: Options, uploaded: Registry): Registry {
  const payable = uploaded.rows - uploaded.errors
  const show = process.stdout.isTTY ? barOf(payable) : linesOf(payable)
  let registry = uploaded
  for (;;) {
    show(payable - registry.progress.open)
    if (registry.state !== 'processing') break
    sleep(pollMs)
    registry = get(options, `/registries/${uploaded.id}`) as Registry
  }
  show(undefined)
  return registry
}

/** Called with how many are done, and with undefined at the end. */
type Show = (done: number | undefined) => void

function barOf(total: number): Show {
  const bar = new SingleBar({
    format: '{bar} {percentage}% {value} of {total} payments, {eta_formatted}',
  })
  bar.start(total, 0)
  return (done) => (done === undefined ? bar.stop() : bar.update(done))
}

/** A line for each tenth, for files and other programs. */
function linesOf(total: number): Show {
  let tenths = -1
  return (done) => {
    if (done === undefined) return
    const now = total === 0 ? 10 : Math.floor((10 * done) / total)
    if (now === tenths) return
    tenths = now
    console.log(`${done} of ${total} payments`)
  }
}

function showErrors(options: Options, { id, errors }: Registry): void {
  if (errors === 0) return
  const list = get(options, `/registries/${id}/errors?limit=${shownErrors}`) as {
    errors: { line: number; code: string; message: string }[]
  }
  for (const { line, message } of list.errors) console.log(`line ${line}: ${message}`)
  if (errors > shownErrors) console.log(`... and ${errors - shownErrors} more lines with errors`)
}

function get({ url, key }: Options, path: string): unknown {
  const headers = { authorization: `Bearer ${key}` }
  const { statusCode, answer } = ask(url, path, { headers })
  if (statusCode !== 200) throw refusal(statusCode, answer)
  return answer
}

/** Undefined as the answer, when it is not JSON: then it comes from something else than the service. */
function ask(url: string, path: string, options: Parameters<typeof request>[1]) {
  try {
    const { statusCode, body } = wait(request(url + path, options))
    return { statusCode, answer: jsonOrNothing(wait(body.text())) }
  } catch (error) {
    throw new UsageError(`The service at ${url} can't be reached: ${reasonOf(error)}`, {
      cause: error,
    })
  }
}

function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A host with several addresses gives an error without a message, made of one error for each. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}

function isRegistry(answer: unknown): answer is Registry {
  return typeof answer === 'object' && answer !== null && 'progress' in answer
}

function refusal(statusCode: number, answer: unknown): UsageError {
  const { error } = (answer ?? {}) as { error?: { code?: string; message?: string } }
  return new UsageError(
    `The service refused with HTTP ${statusCode}: ${error?.message ?? 'no reason'}`,
  )
}

try {
  await toAsync(main)()
} catch (error) {
  const isForUser = error instanceof UsageError || isSystemError(error)
  console.error(isForUser ? (error as Error).message : error)
  process.exitCode = 1
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'code' in error
}
