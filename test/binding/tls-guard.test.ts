import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import tls from 'node:tls'
import { sleep, spawn, wait } from 'greenthreads'
import { addon } from '#src/binding/addon.js'

// Certificates are kept per OS thread, which green threads are with one of the backends.

/** Since Node.js 22.19 and 24.5. */
const { setDefaultCACertificates } = tls as typeof tls & {
  setDefaultCACertificates?: (certificates: readonly string[]) => void
}

interface Certificate {
  key: string
  cert: string
}

/** Undefined where there is no program openssl to make one. */
function makeCertificate(): Certificate | undefined {
  const request = 'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout - -out -'
  try {
    const printed = execFileSync('openssl', request.split(' '), { encoding: 'utf8', stdio: 'pipe' })
    const [key, cert] = printed.match(/-----BEGIN .*?-----END .*?-----\n/gs) as [string, string]
    return { key, cert }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

const certificate = makeCertificate()
const skip = certificate === undefined && 'there is no program openssl here'
const noDefault =
  setDefaultCACertificates === undefined &&
  'this version of Node.js has no setDefaultCACertificates()'

test('many green threads make secure contexts at once', async () => {
  const bodies = Array.from({ length: 5 }, () => () => {
    const own = tls.createSecureContext({})
    sleep(1)
    return own !== tls.createSecureContext({ ca: tls.rootCertificates.slice(0, 2) })
  })
  assert.deepEqual(await Promise.all(bodies.map((body) => spawn(body))), Array(5).fill(true))
})

test('an error tells who made the context', async () => {
  const thread = spawn(function makeBadContext() {
    tls.createSecureContext({ pfx: Buffer.from('no certificate') })
  })
  await assert.rejects(thread.toPromise(), (error: Error) => {
    assert.equal(error.name, 'Error')
    assert.match(error.stack ?? '', /createSecureContext.* at makeBadContext/s)
    return true
  })
})

test('what a green thread trusts, all do', { skip: skip || noDefault }, async () => {
  const { cert } = certificate as Certificate
  const server = tls.createServer(certificate as Certificate, (socket) => socket.end('trusted'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const talk = (): string => {
    const socket = tls.connect({ port, host: '127.0.0.1', servername: 'localhost' })
    wait(once(socket, 'secureConnect'))
    const [answer] = wait(once(socket, 'data')) as [Buffer]
    return String(answer)
  }
  try {
    await assert.rejects(spawn(talk).toPromise(), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
    await spawn(() => setDefaultCACertificates?.([cert]))
    const answers = Array.from({ length: 3 }, () => spawn(talk))
    assert.deepEqual(await Promise.all(answers), ['trusted', 'trusted', 'trusted'])
    assert.throws(() => setDefaultCACertificates?.(cert as never), { code: 'ERR_INVALID_ARG_TYPE' })
  } finally {
    server.close()
  }
})

test('a call on the main stack returns or throws what its function does', async () => {
  const here = 'the variables of the thread'
  const thread = spawn(() => {
    const results = [1, 2].map((number) => addon.callOnMain(() => `${here} ${number}`))
    gc?.()
    const inner = addon.callOnMain(() => addon.callOnMain(() => Array.from({ length: 1e5 }).length))
    assert.throws(() => addon.callOnMain(() => assert.fail('over there')), {
      message: 'over there',
    })
    sleep(1)
    return [...results, inner]
  })
  assert.deepEqual(await thread, [`${here} 1`, `${here} 2`, 1e5])
  assert.equal(
    addon.callOnMain(() => 'here'),
    'here',
  )
})
