import { constants } from 'node:crypto'
import type { SecureContextOptions } from 'node:tls'

/** What old peers need: versions before 1.2, short keys and SHA-1, and a handshake without RFC 5746. */
export const legacyTls: SecureContextOptions = {
  minVersion: 'TLSv1',
  ciphers: 'DEFAULT:@SECLEVEL=0',
  secureOptions: constants.SSL_OP_LEGACY_SERVER_CONNECT,
}
