import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { createServer, type Server, type TlsOptions } from 'node:tls'
import { promisify } from 'node:util'

const execute = promisify(execFile)

export interface Certificate {
  readonly key: string
  readonly cert: string
}

/** A certificate for this machine that nobody else has, made by the program openssl. */
export async function makeCertificate(): Promise<Certificate> {
  const { stdout } = await execute('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', '-', '-out', '-'],
  ])
  const key = /-----BEGIN PRIVATE KEY-----.*?-----END PRIVATE KEY-----\n/s.exec(stdout)?.[0]
  const cert = /-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n/s.exec(stdout)?.[0]
  if (key === undefined || cert === undefined) throw new Error(`openssl printed no key:\n${stdout}`)
  return { key, cert }
}

/** A proxy that nobody has renewed for twenty years: TLS 1.0 to its clients, plain HTTP to what is behind it. */
export class LegacyProxy {
  readonly #server: Server

  constructor(target: URL, certificate: Certificate, versions: TlsOptions = onlyTls10) {
    this.#server = createServer({ ...certificate, ...versions }, (client) => {
      const behind = connect(Number(target.port), target.hostname)
      client.pipe(behind).pipe(client)
      client.once('error', () => behind.destroy())
      behind.once('error', () => client.destroy())
    })
    // A client that does not want to speak so is what this is for.
    this.#server.on('tlsClientError', () => undefined)
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    await closed
  }
}

const onlyTls10: TlsOptions = {
  minVersion: 'TLSv1',
  maxVersion: 'TLSv1',
  ciphers: 'DEFAULT:@SECLEVEL=0',
}
