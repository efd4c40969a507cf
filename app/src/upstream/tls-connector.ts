import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls'
import { buildConnector } from 'undici'
import { legacyTls } from './legacy-tls.ts'
import { explainHandshake, isHandshakeFailure } from './tls-handshake.ts'

export interface TlsOptions {
  /** `host:port` of the peers that may be met with what TLS was twenty years ago. */
  readonly legacyHosts: readonly string[]
  /** Certificates, as PEM, that are trusted besides the well-known ones. */
  readonly ca: string | undefined
}

export interface ConnectorOptions {
  readonly upstream: string
  readonly url: URL
  readonly timeoutMs: number
  readonly tls: TlsOptions
}

/**
 * Opens the connections to one upstream, with TLS as Node.js has it today. A peer that is too old for that is met
 * with old versions and ciphers only if the settings name it, and its certificate is checked like any other.
 */
export function tlsConnector(options: ConnectorOptions): buildConnector.connector {
  const { upstream, url, timeoutMs, tls } = options
  const host = hostOf(url)
  const isLegacy = tls.legacyHosts.includes(host)
  const connect = buildConnector({
    timeout: timeoutMs,
    // Only where it is used: it reads all the well-known certificates.
    ...(url.protocol === 'https:' && { secureContext: contextFor(tls, isLegacy) }),
  })
  return (target, callback) =>
    connect(target, (...[error, socket]) => {
      if (error === null) return callback(null, socket)
      if (!isHandshakeFailure(error)) return callback(error, null)
      explainHandshake({ upstream, url, host, isLegacy, error }).then(
        (explained) => callback(explained, null),
        () => callback(error, null),
      )
    })
}

function contextFor({ ca }: TlsOptions, isLegacy: boolean): SecureContext {
  return createSecureContext({
    ...(ca !== undefined && { ca: [...rootCertificates, ca] }),
    ...(isLegacy && legacyTls),
  })
}

/** As the settings write it. */
function hostOf({ hostname, port }: URL): string {
  return `${hostname}:${port || 443}`
}
