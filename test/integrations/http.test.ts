import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { createServer, type RequestListener, request as startRequest } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Cancelled, ClientDisconnectedError, Event, shield, spawn, wait } from 'greenthreads'
import { Admission, greenHandler } from 'greenthreads/http'

async function withServer(
  listener: RequestListener,
  run: (url: string, port: number) => Promise<void>,
): Promise<void> {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  try {
    await run(`http://127.0.0.1:${port}`, port)
  } finally {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
}

test('a synchronous listener waits while the others are served', async () => {
  let release = (): void => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const listener = greenHandler((request, response) => {
    if (request.url === '/release') release()
    else wait(released)
    response.end(`done ${request.url}`)
  })
  await withServer(listener, async (url) => {
    const waiting = [1, 2, 3].map(async (n) => (await fetch(`${url}/${n}`)).text())
    assert.equal(await (await fetch(`${url}/release`)).text(), 'done /release')
    assert.deepEqual(await Promise.all(waiting), ['done /1', 'done /2', 'done /3'])
  })
})

test('this is the server and the response is finished without suspending when nothing waits', async () => {
  const listener = greenHandler(function (this: unknown, _request, response) {
    response.end(String((this as { listening: boolean }).listening))
  })
  await withServer(listener, async (url) => {
    assert.equal(await (await fetch(url)).text(), 'true')
  })
})

test('a synchronous read of the request body', async () => {
  const listener = greenHandler((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => {
      body += chunk
    })
    wait(once(request, 'end'))
    response.end(body.toUpperCase())
  })
  await withServer(listener, async (url) => {
    const response = await fetch(url, { method: 'POST', body: 'shout' })
    assert.equal(await response.text(), 'SHOUT')
  })
})

test('an error before the headers becomes a 500 that tells the client nothing', async () => {
  const errors: unknown[] = []
  const failure = new Error('the password is hunter2')
  const listener = greenHandler(
    (_request, response) => {
      response.setHeader('x-secret', 'hunter2')
      response.statusMessage = 'hunter2'
      wait(nextTurn())
      throw failure
    },
    { onError: (error) => errors.push(error) },
  )
  await withServer(listener, async (url) => {
    const response = await fetch(url)
    assert.equal(response.status, 500)
    assert.equal(response.statusText, 'Internal Server Error')
    assert.equal(response.headers.get('x-secret'), null)
    assert.equal(await response.text(), 'Internal Server Error\n')
  })
  assert.deepEqual(errors, [failure])
})

test('an error after the headers cuts the connection', async () => {
  const errors: unknown[] = []
  const failure = new Error('halfway')
  const listener = greenHandler(
    (_request, response) => {
      response.write('the first half')
      wait(nextTurn())
      throw failure
    },
    { onError: (error) => errors.push(error) },
  )
  await withServer(listener, async (url) => {
    await assert.rejects(async () => (await fetch(url)).text())
  })
  assert.deepEqual(errors, [failure])
})

test('an error after a complete response leaves the response alone', async () => {
  const errors: unknown[] = []
  const listener = greenHandler(
    (_request, response) => {
      response.end('complete')
      throw new Error('too late')
    },
    { onError: (error) => errors.push(error) },
  )
  await withServer(listener, async (url) => {
    assert.equal(await (await fetch(url)).text(), 'complete')
  })
  assert.equal(errors.length, 1)
})

test('a rejected async listener is answered like a throwing one', async () => {
  const errors: unknown[] = []
  const listener = greenHandler(
    async () => {
      await nextTurn()
      throw new Error('async')
    },
    { onError: (error) => errors.push(error) },
  )
  await withServer(listener, async (url) => {
    assert.equal((await fetch(url)).status, 500)
  })
  assert.equal(errors.length, 1)
})

test('a client that goes away cancels the thread and is not reported as an error', async () => {
  const errors: unknown[] = []
  let begin = (): void => {}
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  let end = (_error: unknown): void => {}
  const ended = new Promise<unknown>((resolve) => {
    end = resolve
  })
  const listener = greenHandler(
    () => {
      try {
        begin()
        wait(new Promise(() => {}))
      } catch (error) {
        end(error)
        throw error
      }
    },
    { onError: (error) => errors.push(error) },
  )
  await withServer(listener, async (_url, port) => {
    const socket = connect(port, '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await begun
    socket.destroy()
    const error = await ended
    assert.ok(error instanceof Cancelled)
    assert.ok(error.cause instanceof ClientDisconnectedError)
    await nextTurn()
    assert.deepEqual(errors, [])
  })
})

test('a client that goes away does not cancel with cancelOnDisconnect: false', async () => {
  let finish = (): void => {}
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  let begin = (): void => {}
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  const listener = greenHandler(
    (_request, response) => {
      begin()
      wait(once(response, 'close'))
      wait(nextTurn())
      finish()
    },
    { cancelOnDisconnect: false },
  )
  await withServer(listener, async (_url, port) => {
    const socket = connect(port, '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await begun
    socket.destroy()
    await finished
  })
})

test('work after a complete response outlives the connection', async () => {
  let finish = (): void => {}
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  const listener = greenHandler((_request, response) => {
    const closed = once(response, 'close')
    response.end('bye')
    wait(closed)
    wait(nextTurn())
    finish()
  })
  await withServer(listener, async (url) => {
    const response = await fetch(url, { headers: { connection: 'close' } })
    assert.equal(await response.text(), 'bye')
    await finished
  })
})

test('100 concurrent requests keep their AsyncLocalStorage values', async () => {
  const storage = new AsyncLocalStorage<string>()
  const handle = greenHandler((request, response) => {
    for (let i = 0; i < 3; i++) wait(nextTurn())
    response.end(`${request.url} ${storage.getStore()}`)
  })
  const listener: RequestListener = (request, response) => {
    storage.run(request.url ?? '', () => handle(request, response))
  }
  await withServer(listener, async (url) => {
    const paths = Array.from({ length: 100 }, (_, i) => `/${i}`)
    const texts = await Promise.all(paths.map(async (path) => (await fetch(url + path)).text()))
    assert.deepEqual(
      texts,
      paths.map((path) => `${path} ${path}`),
    )
  })
})

test('a request may be made synchronously from a green thread', async () => {
  const listener = greenHandler((request, response) => {
    wait(nextTurn())
    response.end(request.method)
  })
  await withServer(listener, async (url) => {
    const status = spawn(() => {
      const request = startRequest(url, { method: 'DELETE' })
      request.end()
      const [response] = wait(once(request, 'response'))
      response.resume()
      return response.statusCode
    })
    assert.equal(await status, 200)
  })
})

test('admission refuses what is too much with 429 and Retry-After, by the names of routeOf', async () => {
  const hold = new Event()
  const admission = new Admission({ maxConcurrent: 2, maxQueue: 0, retryAfterMs: 7000 })
  const listener = greenHandler(
    (request, response) => {
      if (request.url === '/slow') hold.wait()
      response.end('ok')
    },
    { admission, routeOf: ({ url = '' }) => url },
  )
  await withServer(listener, async (url) => {
    const slow = fetch(`${url}/slow`)
    while (admission.snapshot().running < 1) await nextTurn()
    const refused = await fetch(`${url}/slow`)
    assert.equal(refused.status, 429)
    assert.equal(refused.headers.get('retry-after'), '7')
    assert.equal(await refused.text(), 'Too Many Requests\n')
    assert.equal((await fetch(`${url}/front`)).status, 200)
    hold.set()
    assert.equal((await slow).status, 200)
    while (admission.snapshot().running > 0) await nextTurn()
  })
})

test('a client that goes away frees its place when its green thread has ended', async () => {
  const hold = new Event()
  const admission = new Admission({ maxConcurrent: 1 })
  const listener = greenHandler(() => shield(() => hold.wait()), { admission })
  await withServer(listener, async (_url, port) => {
    const socket = connect(port, '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    while (admission.snapshot().running < 1) await nextTurn()
    const closed = once(socket, 'close')
    socket.destroy()
    await closed
    for (let turn = 0; turn < 20; turn++) await nextTurn()
    assert.equal(admission.snapshot().running, 1)
    hold.set()
    while (admission.snapshot().running > 0) await nextTurn()
  })
})
