import { isIP } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import { legacyTls } from './legacy-tls.ts'

interface FailedHandshake {
  readonly upstream: string
  readonly url: URL
  readonly host: string
  /** The settings let it be old. */
  readonly isLegacy: boolean
  readonly error: Error
}

interface Offer {
  readonly version: string
  readonly cipher: string
}

/** A connection that came about, but on which the two could not agree how to encrypt, or whom to trust. */
export class TlsHandshakeError extends Error {
  readonly code = 'TLS_HANDSHAKE'
  /** What OpenSSL called it. */
  readonly reason: string

  constructor(reason: string, message: string, cause: Error) {
    super(message, { cause })
    this.name = 'TlsHandshakeError'
    this.reason = reason
  }
}

export function isHandshakeFailure(error: Error): boolean {
  const code = codeOf(error)
  return /^ERR_SSL_|^ERR_TLS_|^EPROTO$/.test(code) || certificateCodes.includes(code)
}

/** An error that says what the peer offers, and which setting would allow it. */
export async function explainHandshake(failure: FailedHandshake): Promise<TlsHandshakeError> {
  const { upstream, host, error } = failure
  const code = codeOf(error)
  const what = `The TLS handshake with the ${upstream} at ${host} failed (${code}).`
  const why = certificateCodes.includes(code)
    ? 'Its certificate is not trusted. If it is the right one, put it, or that of its issuer, into the ' +
      'file that TLS_CA_FILE names.'
    : await explainVersion(failure)
  return new TlsHandshakeError(code, `${what} ${why}`, error)
}

const certificateCodes: readonly string[] = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]

async function explainVersion({ url, host, isLegacy }: FailedHandshake): Promise<string> {
  if (isLegacy) return 'LEGACY_TLS_HOSTS names it already, so it must be something else.'
  const offer = await offerOf(url)
  if (offer === undefined) return 'With old versions and ciphers it fails, too.'
  const { version, cipher } = offer
  return (
    `The peer offers ${version} with ${cipher}: that version, that cipher, the length of its key or its way to ` +
    `renegotiate is refused today. LEGACY_TLS_HOSTS=${host} would allow it for this peer alone; better is a ` +
    'peer that speaks TLS 1.2 or newer.'
  )
}

/** What the peer agrees to when it is asked as twenty years ago. Nothing is sent: it is only looked at. */
function offerOf({ hostname, port }: URL): Promise<Offer | undefined> {
  return new Promise((resolve) => {
    const host = hostname.replace(/^\[|\]$/g, '')
    const socket: TLSSocket = connect({
      ...legacyTls,
      host,
      port: Number(port || 443),
      ...(isIP(host) === 0 && { servername: host }),
      rejectUnauthorized: false,
      timeout: mostProbeMs,
    })
    const end = (offer: Offer | undefined): void => {
      resolve(offer)
      socket.destroy()
    }
    socket.once('secureConnect', () =>
      end({ version: socket.getProtocol() ?? 'no version', cipher: socket.getCipher().name }),
    )
    socket.once('timeout', () => end(undefined))
    socket.once('error', () => end(undefined))
  })
}

const mostProbeMs = 2000

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : ''
}
