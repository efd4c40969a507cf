import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

function start(
  example: string,
  flags: string[] = [],
): ChildProcess & { stdout: NodeJS.ReadableStream } {
  const file = fileURLToPath(new URL(`../../examples/dist/${example}.js`, import.meta.url))
  const child = spawn(process.execPath, [...flags, file], {
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return child as ChildProcess & { stdout: NodeJS.ReadableStream }
}

async function outputOf(example: string, flags?: string[]): Promise<string[]> {
  const child = start(example, flags)
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  assert.equal(code, 0)
  return output.trimEnd().split('\n')
}

async function withServer(example: string, use: (url: string) => Promise<void>): Promise<void> {
  const child = start(example)
  const exit = once(child, 'exit')
  try {
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
    const url = /http:\/\/[^/']+/.exec(line)?.[0] ?? assert.fail(line)
    await use(url.replace('localhost', '127.0.0.1').replace('[::]', '127.0.0.1'))
  } finally {
    child.kill()
    await exit
  }
}

test('getting-started: both threads are under way before one of them goes on', async () => {
  const lines = await outputOf('getting-started')
  assert.equal(lines[0], 'both are under way')
  // Its timers are real, so the two threads may be late; each one keeps its own order.
  const known = lines.slice(1, -1)
  assert.deepEqual(known.toSorted(), ['bread is known', 'soup is known', 'tea is known'])
  assert.ok(known.indexOf('tea is known') < known.indexOf('bread is known'))
  assert.equal(lines.at(-1), 'lunch 4, breakfast 8')
})

test('wait-in-map: array methods wait', async () => {
  assert.deepEqual(await outputOf('wait-in-map'), [
    '[ 85, 36, 41 ]',
    "[ 'ada', 'alan', 'grace' ]",
    '[ 85, 36, 41 ]',
  ])
})

test('wait-anywhere: with the preload every function waits', async () => {
  const lines = await outputOf('wait-anywhere', ['--import', 'greenthreads/register'])
  assert.deepEqual(lines.toSorted(), [
    'a blocking call that suspends: true',
    'a microtask: user 3',
    'a request: user 5, user 6',
    'a tick: user 2',
    'a timer: user 1',
    'the main module: user 4',
  ])
})

test('conversions: there and back', async () => {
  assert.deepEqual(await outputOf('conversions'), ['counted twice, at the same time'])
})

test('reader-writer-lock: a primitive of a user is fair, cancellable, and shared with async code', async () => {
  assert.deepEqual(await outputOf('reader-writer-lock'), [
    'reader 1 begins',
    'reader 2 begins',
    'no time',
    'reader 1 ends',
    'reader 2 ends',
    'writer begins',
    'writer ends',
    'reader 3 begins',
    'reader 4 begins',
    'async code reads, too',
    'reader 3 ends',
    'reader 4 ends',
  ])
})

test('rate-limiter: permits come back with the time, who gives up before takes none', async () => {
  assert.deepEqual(await outputOf('rate-limiter'), [
    'a after 0 ms',
    'b after 0 ms',
    'limiter.take() did not finish within 10 ms',
    'c after 1000 ms',
    'async code after 1000 ms',
    'd after 2000 ms',
  ])
})

test('http-server: answers many at once', async () => {
  await withServer('http-server', async (url) => {
    const names = Array.from({ length: 20 }, (_, i) => `no ${i}`)
    const answers = await Promise.all(
      names.map(async (name) => {
        const response = await fetch(`${url}/?name=${encodeURIComponent(name)}`)
        return await response.text()
      }),
    )
    assert.deepEqual(
      answers,
      names.map((name) => `Hello, ${name}!\n`),
    )
  })
})

test('fastify-server: a waiting hook guards a waiting handler', async () => {
  await withServer('fastify-server', async (url) => {
    const allowed = await fetch(`${url}/me`, { headers: { authorization: 't0k3n' } })
    assert.deepEqual(await allowed.json(), { name: 'Ada' })
    assert.equal((await fetch(`${url}/me`)).status, 401)
  })
})
