import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { registeredInn } from './support/inns.ts'
import { PaymentClient } from './support/payment-client.ts'
import { Program } from './support/program.ts'
import { answer, ScriptedServer } from './support/scripted-server.ts'
import { authorization, ServiceFixture } from './support/service-fixture.ts'

const commandPath = fileURLToPath(new URL('../src/registry-command.js', import.meta.url))
const key = authorization.authorization.replace('Bearer ', '')

interface Ended {
  readonly code: number | null
  readonly output: string
  readonly errors: string
}

describe('the command that uploads a register', () => {
  let fixture: ServiceFixture
  let folder: string
  let url: string

  before(async () => {
    fixture = await ServiceFixture.open()
    url = await fixture.service.server.listen({ host: '127.0.0.1', port: 0 })
    folder = await mkdtemp(join(tmpdir(), 'registry-'))
  })
  after(async () => {
    await fixture.close()
    await rm(folder, { recursive: true })
  })

  test('follows it to its end, and pays nobody twice when it is sent again', async () => {
    const inn = await registeredInn(fixture)
    const file = await fileOf('twice.csv', `inn,amount,purpose\n${inn},1.00,by command\n`)
    for (const run of ['first', 'again']) {
      const { code, output, errors } = await runWith(file, '--url', `${url}/`, '--key', key)
      assert.deepEqual([code, errors], [0, ''], run)
      assert.match(output, /^1 of 1 payments$/m)
      assert.match(output, /: 1 completed, 0 refused, 0 annulled\.$/m)
    }
    assert.equal(new PaymentClient(fixture).transfersWith('by command').length, 1)
  })

  test('takes JSON, and the key from the environment', async () => {
    const inn = await registeredInn(fixture)
    const payments = [{ inn, amount: '1.00', purpose: 'from JSON' }]
    const file = await fileOf('one.json', JSON.stringify({ payments }))
    const program = new Program(commandPath, [file, '--url', url], { REGISTRY_KEY: key })
    assert.deepEqual(await program.ended, { code: 0, signal: null })
    assert.match(program.output, /: 1 completed/)
  })

  test('names each line that can not be paid, and pays the others only if it is told to', async () => {
    const inn = await registeredInn(fixture)
    const bad = Array.from({ length: 22 }, () => `${inn},none,bad\n`).join('')
    const file = await fileOf('bad.csv', `inn,amount,purpose\n${inn},1.00,skipping\n${bad}`)
    const client = new PaymentClient(fixture)
    const refused = await runWith(file, '--url', url, '--key', key)
    assert.equal(refused.code, 1)
    assert.match(refused.output, /^line 3: An amount is/m)
    assert.match(refused.output, /^\.\.\. and 2 more lines with errors$/m)
    assert.match(refused.output, /^Nothing is paid\. Mend the file/m)
    assert.equal(client.transfersWith('skipping').length, 0)
    const skipped = await runWith(file, '--url', url, '--key', key, '--skip-invalid')
    assert.equal(skipped.code, 0)
    assert.match(skipped.output, /: 1 completed/)
    assert.equal(client.transfersWith('skipping').length, 1)
  })

  test('says in a sentence what is wrong with how it was called', async () => {
    const file = await fileOf('any.csv', 'inn,amount,purpose\n')
    for (const [flags, message] of [
      [[], /^Name one file; see --help\.\n$/],
      [[file, file], /^Name one file/],
      [[file], /^Give an API key with --key/],
      [[file, '--colour'], /^Unknown option '--colour'/],
      [[join(folder, 'missing.csv'), '--key', key], /^ENOENT.*missing\.csv'\n$/],
      [[file, '--key', key, '--url', 'nowhere'], /^--url must be an address .*"nowhere"\.\n$/],
    ] as const) {
      const { code, errors } = await runWith(...flags)
      assert.equal(code, 1)
      assert.match(errors, message)
    }
    assert.match((await runWith('--help')).output, /--skip-invalid/)
  })

  test('says what the service answered, or that there is none', async () => {
    const file = await fileOf('empty.csv', '')
    const wrongKey = await runWith(file, '--url', url, '--key', `gtk_${'x'.repeat(43)}`)
    assert.match(wrongKey.errors, /^The service refused with HTTP 401: .*key/)
    const wrongFile = await runWith(file, '--url', url, '--key', key)
    assert.match(
      wrongFile.errors,
      /^The service refused with HTTP 400: The first line of a register/,
    )
    for (const nobody of ['http://127.0.0.1:1', 'http://localhost:1']) {
      const { code, errors } = await runWith(file, '--url', nobody, '--key', key)
      assert.equal(code, 1)
      assert.match(errors, /^The service at http:\S+ can't be reached: .*ECONNREFUSED/)
    }
  })

  test('does not take something else for the service', async () => {
    const other = await ScriptedServer.listen()
    const file = await fileOf('any.csv', 'inn,amount,purpose\n')
    for (const act of [
      answer({ ok: true }),
      answer({ ok: true }, 502),
      (_request: unknown, response: { end(text: string): void }) => response.end('<html>'),
    ]) {
      other.act = act
      const { code, errors } = await runWith(file, '--url', other.url, '--key', key)
      assert.equal(code, 1)
      assert.match(errors, /^The service refused with HTTP \d+: no reason\n$/)
    }
    await other.close()
  })

  async function fileOf(name: string, content: string): Promise<string> {
    const path = join(folder, name)
    await writeFile(path, content)
    return path
  }
})

async function runWith(...flags: readonly string[]): Promise<Ended> {
  const program = new Program(commandPath, flags, { REGISTRY_KEY: '' })
  const { code } = await program.ended
  return { code, output: program.output, errors: program.errors }
}
