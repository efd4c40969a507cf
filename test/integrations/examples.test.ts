import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

function start(example: string): ChildProcess & { stdout: NodeJS.ReadableStream } {
  const file = fileURLToPath(new URL(`../../examples/dist/${example}.js`, import.meta.url))
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return child as ChildProcess & { stdout: NodeJS.ReadableStream }
}

async function outputOf(example: string): Promise<string[]> {
  const child = start(example)
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

test('getting-started: two threads go on by turns', async () => {
  assert.deepEqual(await outputOf('getting-started'), [
    'both are under way',
    'soup is known',
    'tea is known',
    'bread is known',
    'lunch 4, breakfast 8',
  ])
})

test('wait-in-map: array methods wait', async () => {
  assert.deepEqual(await outputOf('wait-in-map'), [
    '[ 85, 36, 41 ]',
    "[ 'ada', 'alan', 'grace' ]",
    '[ 85, 36, 41 ]',
  ])
})

test('conversions: there and back', async () => {
  assert.deepEqual(await outputOf('conversions'), ['counted twice, at the same time'])
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
