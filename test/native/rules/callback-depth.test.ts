import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { Duplex } from 'node:stream'
import { test } from 'node:test'
import { addon } from '../../support/addon.ts'
import { fixtures } from '../../support/fixtures.ts'
import { Coroutine } from '../../support/raw-coroutine.ts'
import { finish, withoutLeaks, withoutLeaksAsync } from '../../support/suspended.ts'

/** Fails (by the timeout of the test) when ticks or microtasks are no longer drained. */
async function assertQueuesDrain(): Promise<void> {
  await new Promise<void>((resolve) => process.nextTick(resolve))
  await new Promise<void>((resolve) => queueMicrotask(resolve))
  await new Promise<void>((resolve) =>
    setImmediate(() => process.nextTick(() => Promise.resolve().then(() => resolve()))),
  )
}

const timeout = 30_000

test(
  'ticks and microtasks drain while a coroutine is suspended in native callbacks',
  {
    timeout,
  },
  () =>
    withoutLeaksAsync(async () => {
      const before = addon.info().callbackDepth
      const inCallbacks = (): void =>
        fixtures.makeCallback(() => {
          Coroutine.suspend()
          fixtures.inCallbackScope(() => Coroutine.suspend())
        })
      const coroutines = Array.from({ length: 5 }, () => new Coroutine(inCallbacks))
      for (let slice = 0; slice < 3; slice++) {
        for (const coroutine of coroutines) coroutine.resume()
        assert.equal(addon.info().callbackDepth, before)
        await assertQueuesDrain()
      }
      assert.ok(coroutines.every((coroutine) => coroutine.isDone))
    }),
)

test('a coroutine sees its own depth on top of that of its resumer', () => {
  withoutLeaks(() => {
    const base = addon.info().callbackDepth
    const seen: number[] = []
    const look = (): void => void seen.push(addon.info().callbackDepth - base)
    const inScope = (body: () => void): void => fixtures.makeCallback(body)
    const target = new Coroutine(() =>
      inScope(() => {
        look()
        Coroutine.suspend()
        look()
      }),
    )
    const source = new Coroutine(() =>
      inScope(() =>
        inScope(() => {
          look()
          Coroutine.transferTo(target)
          look()
          finish(target)
          look()
        }),
      ),
    )
    source.resume()
    look()
    finish(source)
    look()
    // Alone in one scope after the transfer; on top of the two scopes of the source when nested.
    assert.deepEqual(seen, [2, 1, 0, 2, 3, 2, 0])
  })
})

test(
  'a request handler that is called by the HTTP parser can be suspended',
  {
    timeout,
  },
  () => withoutLeaksAsync(answerThreeRequests),
)

async function answerThreeRequests(): Promise<void> {
  const before = addon.info().callbackDepth
  const handlers: Coroutine[] = []
  const server = createServer((request, response) => {
    handlers.push(Coroutine.current as Coroutine)
    Coroutine.suspend()
    response.end(`answer to ${request.url}`)
  })
  const clients = [1, 2, 3].map((client) => {
    const [near, far] = connectedPair()
    let text = ''
    near.on('data', (chunk) => {
      text += chunk
    })
    const coroutine = new Coroutine(() => {
      server.emit('connection', far)
      // Writing is synchronous: the parser calls the handler on this stack.
      far.emit(
        'data',
        Buffer.from(`GET /${client} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`),
      )
    })
    return {
      coroutine,
      ended: new Promise<string>((resolve) => near.once('end', () => resolve(text))),
    }
  })
  for (const { coroutine } of clients) coroutine.resume()
  assert.equal(addon.info().callbackDepth, before)
  await assertQueuesDrain()
  assert.deepEqual(
    handlers,
    clients.map(({ coroutine }) => coroutine),
  )
  for (const { coroutine } of clients) finish(coroutine)
  const answers = await Promise.all(clients.map(({ ended }) => ended))
  for (const [index, answer] of answers.entries()) {
    assert.ok(answer.endsWith(`answer to /${index + 1}`), answer)
  }
  assert.equal(addon.info().callbackDepth, before)
}

/** Two streams; what is written to one is read from the other, at once. */
function connectedPair(): [Duplex, Duplex] {
  const make = (): Duplex & { other?: Duplex } =>
    new Duplex({
      read() {},
      write(this: Duplex & { other?: Duplex }, chunk, _encoding, done) {
        this.other?.push(chunk)
        done()
      },
      final(this: Duplex & { other?: Duplex }, done) {
        this.other?.push(null)
        done()
      },
    })
  const left = make()
  const right = make()
  left.other = right
  right.other = left
  return [left, right]
}
