import assert from 'node:assert/strict'
import { exec, spawn as spawnProcess } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { setTimeout as delay, setInterval as ticks } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Cancelled, current, type GreenThread, scope, spawn, wait } from 'greenthreads'
import { request } from 'undici'
import { deferred } from './deferred.ts'

/** Never answers; tells when a request has come, and when its client has gone. */
let server: Server
let url: string

before(async () => {
  server = createServer((_, response) => {
    server.emit('request comes')
    response.on('close', () => server.emit('client has gone'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
})

after(() => {
  server.closeAllConnections()
  server.close()
})

type Operation = (signal: AbortSignal) => Promise<unknown>

interface Waiting {
  readonly thread: GreenThread
  /** What came of the operation itself. */
  readonly result: Promise<unknown>
}

/** Starts an operation in a thread, with its signal, and lets the thread wait for it. */
function startWaiting(operation: Operation): Waiting {
  let result: Promise<unknown> | undefined
  const thread = spawn(() => {
    result = operation((current() as GreenThread).signal)
    return wait(result)
  })
  return { thread, result: result as Promise<unknown> }
}

/** Cancels the thread: both it and its operation end with that. */
async function cancelBoth({ thread, result }: Waiting): Promise<void> {
  const ended = result.then(
    () => assert.fail('the operation was carried out'),
    (error: unknown) => error,
  )
  thread.cancel('stop')
  const cancelled = await thread.then(
    () => assert.fail('the thread was not cancelled'),
    (error: unknown) => error,
  )
  assert.ok(cancelled instanceof Cancelled)
  assert.equal(cancelled.cause, 'stop')
  const error = await ended
  const cause = error === cancelled ? error : (error as Error).cause
  assert.equal(cause, cancelled, 'the operation knows why')
}

async function assertServerSeesTheEnd(operation: Operation): Promise<void> {
  const comes = once(server, 'request comes')
  const waiting = startWaiting(operation)
  await comes
  const hasGone = once(server, 'client has gone')
  await cancelBoth(waiting)
  await hasGone
}

test('fetch is aborted: the server sees the client go', () =>
  assertServerSeesTheEnd((signal) => fetch(url, { signal })))

test('a request of undici is aborted: the server sees the client go', () =>
  assertServerSeesTheEnd((signal) => request(url, { signal })))

test('reading a file is aborted', () =>
  cancelBoth(startWaiting((signal) => readFile(fileURLToPath(import.meta.url), { signal }))))

test('a stream that reads a file is destroyed', async () => {
  const streams: ReturnType<typeof createReadStream>[] = []
  const waiting = startWaiting(async (signal) => {
    const stream = createReadStream('/dev/zero', { signal })
    streams.push(stream)
    for await (const chunk of stream) assert.ok(chunk.length > 0)
  })
  await cancelBoth(waiting)
  assert.equal(streams[0]?.destroyed, true)
})

test('timers of node:timers/promises are cleared', async () => {
  await cancelBoth(startWaiting((signal) => delay(100_000, undefined, { signal })))
  await cancelBoth(
    startWaiting(async (signal) => {
      for await (const _ of ticks(100_000, undefined, { signal }));
    }),
  )
})

test('a child process is killed', async () => {
  const exit = deferred<unknown>()
  const waiting = startWaiting(async (signal) => {
    const child = spawnProcess(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { signal })
    child.once('exit', (_code, killSignal) => exit.resolve(killSignal))
    await once(child, 'close')
  })
  await cancelBoth(waiting)
  assert.equal(await exit.promise, 'SIGTERM')
})

// The signal reaches the shell alone: `exec` lets the command take its place.
test('a command of exec is killed', () =>
  cancelBoth(
    startWaiting((signal) =>
      promisify(exec)(`exec "${process.execPath}" -e "setInterval(() => {}, 1000)"`, { signal }),
    ),
  ))

test('what fails in a scope aborts what its threads do', async () => {
  const comes = once(server, 'request comes')
  const hasGone = once(server, 'client has gone')
  const failure = new Error('elsewhere')
  const thread = spawn(() =>
    scope((s) => {
      s.spawn(() => wait(fetch(url, { signal: s.signal })))
      wait(comes)
      throw failure
    }),
  )
  await assert.rejects(
    async () => await thread,
    (error) => error === failure,
  )
  await hasGone
})
