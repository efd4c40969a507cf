import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { StatusBody } from '../src/http/status-controller.ts'
import { anyPorts, Program, servicePath, simulatorPath } from './support/program.ts'

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

  for (const path of [servicePath, simulatorPath]) {
    test(`shows its help: ${path.split('/').slice(-2).join('/')}`, async () => {
      const program = new Program(path, ['--help'], {})
      assert.deepEqual(await program.ended, { code: 0, signal: null })
      assert.match(program.output, /_MS/)
    })
  }
})

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
