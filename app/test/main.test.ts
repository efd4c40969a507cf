import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { StatusBody } from '../src/http/status-controller.ts'

const servicePath = fileURLToPath(new URL('../src/main.js', import.meta.url))
const simulatorPath = fileURLToPath(new URL('../simulator/main.js', import.meta.url))
const anyPorts = { PORT: '0', SIMULATOR_PORT: '0', SIMULATOR_LATENCY_MS: '0' }

describe('the service, started as a program', () => {
  test('prints three commands that work, and stops cleanly when it is told to', async () => {
    const service = new Program(servicePath, [], anyPorts)
    const text = await service.printed(/Ctrl-C stops everything/)
    const [statusUrl, mistypedUrl, controlUrl] = urlsOfCommands(text)
    const headers = headersOfCommands(text)
    assert.equal((await fetch(statusUrl)).status, 401)
    const status = await fetch(statusUrl, { headers })
    assert.equal(status.status, 200)
    assert.equal(((await status.json()) as StatusBody).source, 'tax-authority')
    assert.equal((await fetch(mistypedUrl, { headers })).status, 400)
    assert.equal((await fetch(controlUrl, { method: 'PUT', body: '{"mode":"hang"}' })).status, 200)

    assert.deepEqual(await service.stop('SIGTERM'), { code: 0, signal: null })
    assert.equal(service.errors, '')
    await assert.rejects(fetch(statusUrl), 'the service is gone')
    await assert.rejects(fetch(controlUrl), 'the simulator is gone')
  })

  test('finishes the request under way before it stops', async () => {
    const service = new Program(servicePath, [], { ...anyPorts, SIMULATOR_LATENCY_MS: '500' })
    const text = await service.printed(/Ctrl-C stops/)
    const [statusUrl, , controlUrl] = urlsOfCommands(text)
    const asked = fetch(statusUrl, { headers: headersOfCommands(text) })
    await questionAsked(controlUrl)
    const ended = service.stop('SIGINT')
    assert.equal((await asked).status, 200)
    assert.deepEqual(await ended, { code: 0, signal: null })
  })

  test('ends at once when it is told a second time', async () => {
    const service = new Program(servicePath, [], anyPorts)
    const text = await service.printed(/Ctrl-C stops/)
    const [statusUrl, , controlUrl] = urlsOfCommands(text)
    await fetch(controlUrl, { method: 'PUT', body: '{"mode":"hang"}' })
    const asked = fetch(statusUrl, { headers: headersOfCommands(text) }).catch(() => 'cut off')
    await questionAsked(controlUrl)
    void service.stop('SIGTERM')
    await service.printed(/the requests under way are finished/)
    // One key press may arrive as two signals, so the second has to come a moment later.
    const again = setInterval(() => void service.stop('SIGTERM'), 200)
    assert.deepEqual(await service.ended, { code: 130, signal: null })
    clearInterval(again)
    await asked
  })

  test('says which port is taken, and does not move from one that was chosen', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as { port: number }
    const service = new Program(servicePath, [], { ...anyPorts, PORT: String(port) })
    assert.deepEqual(await service.ended, { code: 1, signal: null })
    assert.match(
      service.errors,
      new RegExp(`^Port ${port}, on which the service was told to listen`),
    )
    other.close()
  })

  test('refuses a setting that makes no sense in one sentence', async () => {
    const service = new Program(servicePath, [], { TAX_TIMEOUT_MS: 'soon' })
    assert.deepEqual(await service.ended, { code: 1, signal: null })
    assert.match(service.errors, /^TAX_TIMEOUT_MS must be a whole number .* "soon"\.\n$/)
  })

  test('says which database it could not use, and what to do', async () => {
    const env = { ...anyPorts, DATABASE_URL: 'postgres://somebody:secret@127.0.0.1:1/payments' }
    const service = new Program(servicePath, [], env)
    assert.deepEqual(await service.ended, { code: 1, signal: null })
    assert.match(
      service.errors,
      /^The PostgreSQL at 127.0.0.1:1\/payments can't be used: .*ECONNREFUSED/,
    )
    assert.match(service.errors, /Check DATABASE_URL/)
    assert.doesNotMatch(service.errors, /secret/)
  })

  for (const path of [servicePath, simulatorPath]) {
    test(`shows its help: ${path.split('/').slice(-2).join('/')}`, async () => {
      const program = new Program(path, ['--help'], {})
      assert.deepEqual(await program.ended, { code: 0, signal: null })
      assert.match(program.output, /_MS/)
    })
  }
})

interface End {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

class Program {
  output = ''
  errors = ''
  readonly ended: Promise<End>
  readonly #child: ChildProcess

  constructor(path: string, flags: readonly string[], env: Readonly<Record<string, string>>) {
    const child = spawn(process.execPath, [path, ...flags], {
      env: { ...process.env, NODE_OPTIONS: '', DATABASE_URL: '', TAX_URL: '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.output += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.errors += text
    })
    this.ended = once(child, 'close').then(([code, signal]) => ({ code, signal }))
    this.#child = child
  }

  async printed(pattern: RegExp): Promise<string> {
    let hasEnded = false
    const ended = this.ended.then(() => {
      hasEnded = true
    })
    while (!pattern.test(this.output)) {
      assert.ok(!hasEnded, `the program ended without printing ${pattern}: ${this.errors}`)
      await Promise.race([once(this.#child.stdout ?? this.#child, 'data'), ended])
    }
    return this.output
  }

  stop(signal: NodeJS.Signals): Promise<End> {
    this.#child.kill(signal)
    return this.ended
  }
}

function urlsOfCommands(text: string): [string, string, string] {
  const urls = [...text.matchAll(/^ {2}curl .*?(http:\S+)/gm)].map((match) => match[1])
  assert.equal(urls.length, 3, text)
  return urls as [string, string, string]
}

function headersOfCommands(text: string): Record<string, string> {
  const key = /-H 'Authorization: (Bearer gtk_\S+)'/.exec(text)?.[1]
  assert.ok(key, text)
  return { authorization: key }
}

/** Asks again and again: the simulator in the other process has nothing to wait for. */
async function questionAsked(controlUrl: string): Promise<void> {
  for (;;) {
    const response = await fetch(controlUrl)
    const { counts } = (await response.json()) as { counts: { questions: number } }
    if (counts.questions > 0) return
  }
}
