import { isIP } from 'node:net'
import { ConfigError, type Setting, type SettingsReader } from './setting.ts'

/** What keeps the service standing: limits at its entrance and at its exits. */
export interface ProtectionConfig {
  /** Most requests at once, most that wait for their turn, and for how long. */
  readonly maxConcurrent: number
  readonly maxQueue: number
  readonly queueTimeoutMs: number
  /** Of one client service or address; 0 for no limit. */
  readonly clientRequestsPerSecond: number
  readonly bodyLimitBytes: number
  /** Longest time in which the head of a request, and the whole of it, may arrive. */
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
  /** Proxies in front of us, whose word about the client's address counts. */
  readonly trustedProxies: readonly string[]
  readonly guard: GuardConfig
  /** `host:port` of the peers that may be met with what TLS was twenty years ago. */
  readonly legacyTlsHosts: readonly string[]
  /** A file of certificates that upstreams may have besides the well-known ones. */
  readonly tlsCaFile: string | undefined
  /** Where replicas share limits and what they know of upstreams; without it each has its own. */
  readonly redisUrl: string | undefined
  /** Begins the names of everything there, so that several installations can share one. */
  readonly redisPrefix: string
}

/** For the calls to every upstream. */
export interface GuardConfig {
  /** Calls that may wait for one of the connections. */
  readonly maxQueue: number
  /** How many calls the breaker looks back; it opens when half of them failed. */
  readonly breakerCalls: number
  readonly breakerOpenMs: number
  readonly retries: number
}

export const protectionSettings: readonly Setting[] = [
  { name: 'MAX_CONCURRENT', fallback: '4000', help: 'most requests at once; one route gets half' },
  { name: 'MAX_QUEUE', fallback: '1000', help: 'most requests that wait for their turn' },
  { name: 'QUEUE_TIMEOUT_MS', fallback: '1000', help: 'longest wait for a turn' },
  {
    name: 'CLIENT_REQUESTS_PER_SECOND',
    fallback: '1000',
    help: 'most requests of one client; 0 for no limit',
  },
  { name: 'BODY_LIMIT_BYTES', fallback: '1048576', help: 'longest body of a request' },
  { name: 'HEADERS_TIMEOUT_MS', fallback: '10000', help: 'longest time for the head of a request' },
  { name: 'REQUEST_TIMEOUT_MS', fallback: '30000', help: 'longest time for a whole request' },
  {
    name: 'TRUSTED_PROXIES',
    fallback: '',
    help: 'addresses or networks, with commas, of proxies in front of the service',
  },
  { name: 'UPSTREAM_QUEUE', fallback: '1000', help: 'most calls that wait for a connection' },
  {
    name: 'BREAKER_CALLS',
    fallback: '20',
    help: 'calls to an upstream of which half must fail before it is left in peace; 0 for never',
  },
  { name: 'BREAKER_OPEN_MS', fallback: '5000', help: 'how long it is left in peace' },
  {
    name: 'UPSTREAM_RETRIES',
    fallback: '2',
    help: 'tries after the first, where that is harmless',
  },
  {
    name: 'LEGACY_TLS_HOSTS',
    fallback: '',
    help: 'host:port,... that may speak TLS 1.0 and old ciphers',
  },
  {
    name: 'TLS_CA_FILE',
    fallback: '',
    help: 'certificates (PEM) to trust in upstreams besides the well-known ones',
  },
  { name: 'REDIS_URL', fallback: '', help: 'Redis through which replicas share limits' },
  {
    name: 'REDIS_PREFIX',
    fallback: 'payments',
    help: 'begins all names in Redis: another one for each installation that shares it',
  },
]

export function readProtectionConfig({ text, number }: SettingsReader): ProtectionConfig {
  return {
    maxConcurrent: number('MAX_CONCURRENT', 1, 10_000_000),
    maxQueue: number('MAX_QUEUE', 0, 10_000_000),
    queueTimeoutMs: number('QUEUE_TIMEOUT_MS', 0, 600_000),
    clientRequestsPerSecond: number('CLIENT_REQUESTS_PER_SECOND', 0, 10_000_000),
    bodyLimitBytes: number('BODY_LIMIT_BYTES', 1, 1_073_741_824),
    headersTimeoutMs: number('HEADERS_TIMEOUT_MS', 1, 600_000),
    requestTimeoutMs: number('REQUEST_TIMEOUT_MS', 1, 600_000),
    trustedProxies: parseNetworks('TRUSTED_PROXIES', text('TRUSTED_PROXIES')),
    guard: {
      maxQueue: number('UPSTREAM_QUEUE', 0, 1_000_000),
      breakerCalls: number('BREAKER_CALLS', 0, 10_000),
      breakerOpenMs: number('BREAKER_OPEN_MS', 1, 3_600_000),
      retries: number('UPSTREAM_RETRIES', 0, 10),
    },
    legacyTlsHosts: parseHosts('LEGACY_TLS_HOSTS', text('LEGACY_TLS_HOSTS')),
    tlsCaFile: text('TLS_CA_FILE') || undefined,
    redisUrl: parseRedisUrl(text('REDIS_URL')),
    redisPrefix: parseRedisPrefix(text('REDIS_PREFIX')),
  }
}

function parseHosts(name: string, text: string): string[] {
  const hosts = listOf(text)
  for (const host of hosts) {
    if (/^(\[[0-9a-f:]+\]|[^\s:/]+):\d{1,5}$/i.test(host)) continue
    throw new ConfigError(
      `${name} must be a list such as proxy.example:8443,10.0.0.7:443, but it has "${host}".`,
    )
  }
  return hosts.map((host) => host.toLowerCase())
}

const namedNetworks: readonly string[] = ['loopback', 'linklocal', 'uniquelocal']

function parseNetworks(name: string, text: string): string[] {
  const networks = listOf(text)
  for (const network of networks) {
    if (namedNetworks.includes(network) || isNetwork(network)) continue
    throw new ConfigError(
      `${name} must be a list such as 10.0.0.7,192.168.0.0/16,loopback, but it has "${network}".`,
    )
  }
  return networks
}

function isNetwork(text: string): boolean {
  const [address = '', bits, ...others] = text.split('/')
  const version = isIP(address)
  if (version === 0 || others.length > 0) return false
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
  )
}

function listOf(text: string): string[] {
  return text.split(',').flatMap((entry) => entry.trim() || [])
}

function parseRedisUrl(text: string): string | undefined {
  if (text === '') return undefined
  if (URL.canParse(text) && /^rediss?:$/.test(new URL(text).protocol)) return text
  // It may hold a password, so it is not repeated.
  throw new ConfigError('REDIS_URL must be an address such as redis://127.0.0.1:6379.')
}

function parseRedisPrefix(text: string): string {
  if (/^[\w.:-]{1,100}$/.test(text)) return text
  throw new ConfigError(
    `REDIS_PREFIX must be up to 100 letters, digits, _, -, . or :, but it is "${text}".`,
  )
}
