import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { toAsync } from 'greenthreads'
import { type Certificate, LegacyProxy, makeCertificate } from '../../simulator/legacy-proxy.ts'
import { TlsHandshakeError } from '../../src/upstream/tls-handshake.ts'
import { Upstream } from '../../src/upstream/upstream.ts'
import { UpstreamUnavailable } from '../../src/upstream/upstream-errors.ts'
import { ScriptedServer } from '../support/scripted-server.ts'

const made = await makeCertificate().catch((error: Error) => error)
const skip = made instanceof Error ? `openssl made no certificate: ${made.message}` : false
const guard = { maxQueue: 10, breakerCalls: 0, breakerOpenMs: 1000, retries: 0 }

describe('an upstream behind a proxy that speaks TLS 1.0 only', { skip }, () => {
  const certificate = made as Certificate
  let behind: ScriptedServer
  let old: LegacyProxy
  let modern: LegacyProxy

  before(async () => {
    behind = await ScriptedServer.listen()
    old = new LegacyProxy(new URL(behind.url), certificate)
    modern = new LegacyProxy(new URL(behind.url), certificate, { minVersion: 'TLSv1.2' })
    await old.listen()
    await modern.listen()
  })
  after(async () => {
    await old.close()
    await modern.close()
    await behind.close()
  })

  test('can not be reached, and the reason says what it offers and which setting would allow it', async () => {
    const failure = await failureOf(old.url, [], certificate.cert)
    assert.equal(failure.code, 'BANK_UNREACHABLE')
    assert.doesNotMatch(failure.message, /127\.0\.0\.1|LEGACY/, 'the client is told no insides')
    const { cause } = failure
    assert.ok(cause instanceof TlsHandshakeError)
    const { host } = new URL(old.url)
    assert.match(cause.message, new RegExp(`The TLS handshake with the bank at ${host} failed`))
    assert.match(cause.message, /offers TLSv1 with [A-Z0-9-]+SHA/)
    assert.match(cause.message, new RegExp(`LEGACY_TLS_HOSTS=${host} would allow`))
  })

  test('is reached when the settings name it', async () => {
    const { host } = new URL(old.url)
    assert.deepEqual(await asked(old.url, [host], certificate.cert), { ok: true })
  })

  test('is refused when they name another one', async () => {
    const { host } = new URL(modern.url)
    assert.equal((await failureOf(old.url, [host], certificate.cert)).code, 'BANK_UNREACHABLE')
  })

  test('must have a certificate that is trusted, even then', async () => {
    const { host } = new URL(old.url)
    const { cause } = await failureOf(old.url, [host], undefined)
    assert.ok(cause instanceof TlsHandshakeError)
    assert.equal(cause.reason, 'DEPTH_ZERO_SELF_SIGNED_CERT')
    assert.match(cause.message, /TLS_CA_FILE/)
  })

  test('leaves those in peace that are modern', async () => {
    const { host } = new URL(old.url)
    assert.deepEqual(await asked(modern.url, [host], certificate.cert), { ok: true })
    const { cause } = await failureOf(modern.url, [host], undefined)
    assert.ok(cause instanceof TlsHandshakeError)
    assert.match(cause.message, /certificate is not trusted/)
  })
})

async function asked(url: string, legacyHosts: string[], ca: string | undefined): Promise<unknown> {
  const tls = { legacyHosts, ca }
  const upstream = new Upstream({
    name: 'bank',
    url,
    timeoutMs: 60_000,
    connections: 1,
    guard,
    tls,
  })
  try {
    return await toAsync(() => upstream.call({ method: 'GET', path: '/' }))()
  } finally {
    await toAsync(() => upstream.close())()
  }
}

async function failureOf(
  url: string,
  legacyHosts: string[],
  ca: string | undefined,
): Promise<UpstreamUnavailable> {
  try {
    await asked(url, legacyHosts, ca)
  } catch (error) {
    assert.ok(error instanceof UpstreamUnavailable, String(error))
    return error
  }
  return assert.fail('the call succeeded')
}
