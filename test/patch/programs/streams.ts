import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { connect, createServer } from 'node:net'
import { PassThrough, Readable, Transform } from 'node:stream'
import { createGunzip, createGzip } from 'node:zlib'
import { Lock, wait } from 'greenthreads'
import { Random } from '../../support/random.ts'

// Random streams with listeners that wait, when they are told so: prints for each in which order its
// events came, and in which order its data was processed.
const [, , first = '1', count = '1', mode = 'plain'] = process.argv
const doesWait = mode === 'waits'

const own = new URL(import.meta.url)

/** In pieces, or as the system cuts it. */
const sources: Record<string, (chunks: string[], random: Random) => Readable> = {
  array: (chunks) => Readable.from(chunks),

  written(chunks, random) {
    const stream = new PassThrough()
    writeInTurns(stream, chunks, random)
    return stream
  },

  transformed(chunks, random) {
    const stream = new PassThrough()
    writeInTurns(stream, chunks, random)
    return stream.pipe(
      new Transform({ transform: (chunk, _, done) => setImmediate(done, null, chunk) }),
    )
  },

  compressed: (chunks) => Readable.from(chunks).pipe(createGzip()).pipe(createGunzip()),

  file: (chunks) => createReadStream(own, { highWaterMark: 7, end: chunks.length * 10 }),

  child: (chunks) => spawn('printf', ['%s'.repeat(chunks.length), ...chunks]).stdout,

  socket(chunks, random) {
    const stream = new PassThrough()
    const server = createServer((socket) => {
      socket.pipe(stream)
      server.close()
    })
    server.listen(0, '127.0.0.1', () => {
      const address = server.address() as { port: number }
      const client = new PassThrough()
      writeInTurns(client, chunks, random)
      client.pipe(connect(address.port, '127.0.0.1'))
    })
    return stream
  },
}

/** All at once, or some later. */
function writeInTurns(stream: PassThrough, chunks: string[], random: Random): void {
  const isLater = chunks.map(() => random.below(3) === 0)
  const write = (i: number): void => {
    if (i === chunks.length) {
      stream.end()
      return
    }
    stream.write(chunks[i])
    if (isLater[i]) setImmediate(write, i + 1)
    else write(i + 1)
  }
  write(0)
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const pauses: (() => void)[] = [
  () => {},
  () => wait(Promise.resolve()),
  () => wait(turn()),
  () => {
    for (let i = 0; i < 4; i++) wait(turn())
  },
]

async function run(seed: number): Promise<string> {
  const random = new Random(seed)
  const kind = random.pick(Object.keys(sources))
  const isLocked = random.below(2) === 0
  const chunks = Array.from({ length: 1 + random.below(12) }, (_, i) => `${i},`)
  const lock = new Lock()
  let events = ''
  let processed = ''
  let pending = 0
  let allProcessed = (): void => {}

  const stream = (sources[kind] as (typeof sources)[string])(chunks, random)
  stream.setEncoding('utf8')

  const work = (text: string): void => {
    const pause = random.pick(pauses)
    if (doesWait) pause()
    processed += text
  }

  const listener = (event: string) => (chunk?: string) => {
    const text = chunk ?? `<${event}>`
    events += text
    pending++
    if (chunk !== undefined && random.below(4) === 0) {
      stream.pause()
      setImmediate(() => stream.resume())
    }
    {
      using _ = doesWait && isLocked ? lock.hold() : undefined
      work(text)
    }
    if (--pending === 0) allProcessed()
  }
  for (const event of ['data', 'end', 'close']) stream.on(event, listener(event))
  await once(stream, 'close')
  if (pending > 0) {
    await new Promise<void>((resolve) => {
      allProcessed = resolve
    })
  }
  const order = isLocked ? processed : [...processed].sort().join('')
  return JSON.stringify({ kind, events, order })
}

for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
  console.log(await run(seed))
}
