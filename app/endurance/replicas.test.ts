import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Client, request } from 'undici'
import { demoContractors } from '../src/storage/seed.ts'
import { everyDatabase, type TestDatabase } from '../test/support/every-database.ts'
import { answer, ScriptedServer } from '../test/support/scripted-server.ts'
import { testRedis } from '../test/support/test-redis.ts'

const servicePath = fileURLToPath(new URL('../src/main.js', import.meta.url))
const configPath = fileURLToPath(new URL('../../deploy/nginx.conf', import.meta.url))
const headers = { authorization: 'Bearer gtk_of_the_test_of_replicas' }
const [, kind] = await everyDatabase()
const redis = await testRedis()
const skip = kind?.skip || redis.skip || whyNoNginx()
const status = answer({ status: true, message: 'pays' })

describe('two replicas behind nginx', { skip }, () => {
  const inns = demoContractors(200).map(({ inn }) => inn)
  const replicas: Replica[] = []
  let folder: string
  let database: TestDatabase
  let taxAuthority: ScriptedServer
  let nginx: ChildProcess
  let front: Client

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'replicas-'))
    database = (await kind?.create()) as TestDatabase
    taxAuthority = await ScriptedServer.listen()
    taxAuthority.act = status
    for (let count = 0; count < 2; count++) {
      replicas.push(await Replica.start(database.url ?? '', taxAuthority.url))
    }
    const socketPath = join(folder, 'front.sock')
    nginx = await startNginx(folder, socketPath, replicas)
    front = new Client('http://localhost', { socketPath, pipelining: 1 })
  })
  after(async () => {
    await front.close()
    nginx.kill()
    await once(nginx, 'exit')
    for (const replica of replicas) await replica.stop('SIGKILL')
    await taxAuthority.close()
    await database.drop()
    await rm(folder, { recursive: true })
  })

  test('share the requests, and what each has stored the other knows', async () => {
    const questions = taxAuthority.asked
    for (const inn of inns.slice(0, 40)) assert.equal(await ask(inn), 200)
    assert.equal(taxAuthority.asked, questions + 40)
    for (const inn of inns.slice(0, 40)) assert.equal(await ask(inn), 200)
    assert.equal(taxAuthority.asked, questions + 40, 'nobody was asked about twice')
    for (const replica of replicas) assert.ok((await replica.served()) > 0)
  })

  test('tell each other that an upstream can not be reached', async () => {
    const [first, second] = replicas as [Replica, Replica]
    taxAuthority.act = answer({}, 500)
    assert.equal(await first.code(inns[100]), 'TAX_AUTHORITY_FAILED')
    while ((await first.code(inns[101])) !== 'TAX_AUTHORITY_RESTING');
    while ((await second.code(inns[102])) !== 'TAX_AUTHORITY_RESTING');
    taxAuthority.act = status
    // Once its time is over, one of them tries and tells the other.
    while ((await first.code(inns[103])) !== undefined);
    while ((await second.code(inns[104])) !== undefined);
  })

  test('hide from clients that one of them stops', async () => {
    const stopping = replicas[0] as Replica
    let asked = 0
    let isOver = false
    const asking = (async () => {
      while (!isOver) assert.equal(await ask(inns[asked++ % 40]), 200)
    })()
    const end = await stopping.stop('SIGTERM')
    isOver = true
    await asking
    assert.equal(end, 0)
    assert.equal(await ask(inns[1]), 200)
    assert.ok(asked > 0)
  })

  test('hide from clients that one of them has died', async () => {
    const renewed = await Replica.start(database.url ?? '', taxAuthority.url, replicas[0]?.port)
    replicas[0] = renewed
    // Until nginx, which had found it missing, has tried it again.
    while ((await renewed.served()) === 0) assert.equal(await ask(inns[0]), 200)
    await (replicas[1] as Replica).stop('SIGKILL')
    for (const inn of inns.slice(0, 20)) assert.equal(await ask(inn), 200)
  })

  async function ask(inn: string | undefined): Promise<number> {
    const { statusCode, body } = await front.request({
      method: 'GET',
      path: `/contractors/${inn}/status`,
      headers,
    })
    await body.dump()
    return statusCode
  }
})

class Replica {
  readonly url: string
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, url: string) {
    this.#child = child
    this.url = url
  }

  static async start(databaseUrl: string, taxUrl: string, port = '0'): Promise<Replica> {
    const child = spawn(process.execPath, [servicePath], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        PORT: port,
        DATABASE_URL: databaseUrl,
        REDIS_URL: redis.url,
        TAX_URL: taxUrl,
        BANK_URL: taxUrl,
        NOTIFICATIONS_URL: taxUrl,
        DEMO_API_KEY: headers.authorization.slice('Bearer '.length),
        TRUSTED_PROXIES: '127.0.0.1',
        BREAKER_CALLS: '2',
        BREAKER_OPEN_MS: '3000',
        UPSTREAM_RETRIES: '0',
      },
    })
    let text = ''
    for await (const chunk of child.stdout) {
      text += chunk
      const url = /^ {2}service +(http\S+)/m.exec(text)?.[1]
      if (url === undefined) continue
      return new Replica(child, url)
    }
    return assert.fail(`The replica ended before it listened:\n${text}`)
  }

  get port(): string {
    return new URL(this.url).port
  }

  /** Requests for a status that it has answered. */
  async served(): Promise<number> {
    const { body } = await request(`${this.url}/metrics`, { headers })
    const text = await body.text()
    const count = /^http_request_duration_seconds_count\{.*:inn\/status.*status="200"\} (\d+)$/m
    return Number(count.exec(text)?.[1] ?? 0)
  }

  /** Of the error, if there is one. */
  async code(inn: string | undefined): Promise<string | undefined> {
    const { body } = await request(`${this.url}/contractors/${inn}/status`, { headers })
    const { error } = (await body.json()) as { error?: { code: string } }
    return error?.code
  }

  async stop(signal: NodeJS.Signals): Promise<number | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return null
    const ended = once(this.#child, 'exit')
    this.#child.kill(signal)
    const [code] = await ended
    return code
  }
}

/** The configuration of the deployment, with addresses of this test. */
async function startNginx(
  folder: string,
  socketPath: string,
  [first, second]: readonly Replica[],
): Promise<ChildProcess> {
  const config = (await readFile(configPath, 'utf8'))
    .replace('replica-1:3000', `127.0.0.1:${first?.port}`)
    .replace('replica-2:3000', `127.0.0.1:${second?.port}`)
    .replace('listen 8080', `listen unix:${socketPath}`)
    .replace('http {', `http {\n${temporaryFolders(folder)}`)
  const path = join(folder, 'nginx.conf')
  await writeFile(path, config)
  const global = `daemon off; pid ${join(folder, 'nginx.pid')}; error_log stderr warn;`
  const nginx = spawn('nginx', ['-p', folder, '-c', path, '-g', global], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const ended = once(nginx, 'exit').then(([code]) => assert.fail(`nginx ended with ${code}`))
  ended.catch(() => undefined) // it ends at the end, too
  await Promise.race([ended, answering(socketPath)])
  return nginx
}

function temporaryFolders(folder: string): string {
  return ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `  ${name}_temp_path ${join(folder, name)};\n`)
    .join('')
}

async function answering(socketPath: string): Promise<void> {
  for (;;) {
    const client = new Client('http://localhost', { socketPath })
    try {
      const { body } = await client.request({ method: 'GET', path: '/health/live' })
      await body.dump()
      return
    } catch {
      // It does not listen yet.
      await new Promise((resolve) => setImmediate(resolve))
    } finally {
      await client.destroy()
    }
  }
}

function whyNoNginx(): string | false {
  try {
    execFileSync('nginx', ['-v'], { stdio: 'ignore' })
    return false
  } catch {
    return 'nginx is not installed'
  }
}
