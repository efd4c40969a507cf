import { isChosenKey } from './access/api-key.ts'
import { leastPasswordLength, mostPasswordLength } from './access/password.ts'
import {
  type ObservabilityConfig,
  observabilitySettings,
  readObservabilityConfig,
} from './config/observability-config.ts'
import { type PaymentConfig, paymentSettings, readPaymentConfig } from './config/payment-config.ts'
import {
  type ProtectionConfig,
  protectionSettings,
  readProtectionConfig,
} from './config/protection-config.ts'
import { ConfigError, type Setting } from './config/setting.ts'
import { modeMeanings, modes } from './modes/mode-meanings.ts'
import type { Mode } from './modes/status-handlers.ts'

export { ConfigError } from './config/setting.ts'

/** Everything that can be set from outside; every setting has a default that works on a bare machine. */
export interface Config {
  readonly host: string
  /** `isPortChosen` tells a port somebody asked for, which must not move, from the default, which may. */
  readonly port: number
  readonly isPortChosen: boolean
  readonly logLevel: string
  readonly mode: Mode
  /** Worker threads of the mode `threads`. */
  readonly threads: number
  readonly databaseUrl: string | undefined
  readonly databaseDir: string | undefined
  readonly databaseConnections: number
  /** Where the tax authority is; when undefined, the service starts its simulator. */
  readonly taxUrl: string | undefined
  readonly taxTimeoutMs: number
  readonly taxConnections: number
  readonly taxRetryAfterMs: number
  readonly statusFreshMs: number
  /** The key of the demo client, with every scope; when undefined, a random one. */
  readonly demoApiKey: string | undefined
  /** Of the panel's user admin; when undefined, a demonstration makes one up, and others have no such user. */
  readonly adminPassword: string | undefined
  readonly protection: ProtectionConfig
  readonly payments: PaymentConfig
  readonly observability: ObservabilityConfig
}

const settings: readonly Setting[] = [
  { name: 'HOST', fallback: '127.0.0.1', help: 'address to listen on' },
  { name: 'PORT', fallback: '3000', help: 'port to listen on; 0 takes any free one' },
  { name: 'LOG_LEVEL', fallback: 'warn', help: 'fatal, error, warn, info, debug, trace or silent' },
  { name: 'MODE', fallback: 'green', help: modesHelp() },
  { name: 'THREADS', fallback: '40', help: 'worker threads, when MODE is threads' },
  {
    name: 'DATABASE_URL',
    fallback: '',
    help: 'PostgreSQL to use; without it a database is embedded',
  },
  {
    name: 'DATABASE_DIR',
    fallback: '',
    help: 'folder of the embedded database; without it, memory',
  },
  { name: 'DATABASE_CONNECTIONS', fallback: '10', help: 'most connections to PostgreSQL' },
  { name: 'TAX_URL', fallback: '', help: 'the tax authority; without it a simulator is started' },
  {
    name: 'TAX_TIMEOUT_MS',
    fallback: '3000',
    help: 'longest wait for one answer of the tax authority',
  },
  { name: 'TAX_CONNECTIONS', fallback: '256', help: 'most connections to the tax authority' },
  {
    name: 'TAX_RETRY_AFTER_MS',
    fallback: '5000',
    help: 'Retry-After of a 503 when the authority names none',
  },
  {
    name: 'STATUS_FRESH_MS',
    fallback: '600000',
    help: 'age up to which a stored status is answered as it is',
  },
  {
    name: 'DEMO_API_KEY',
    fallback: '',
    help: 'API key with every scope, for demonstrations and load tests: gtk_ and 16 or more letters, digits, _ or -',
  },
  {
    name: 'ADMIN_PASSWORD',
    fallback: '',
    help: "password of the admin panel's user admin, at least 12 characters",
  },
  ...protectionSettings,
  ...paymentSettings,
  ...observabilitySettings,
]

const logLevels: readonly string[] = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']

export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const text = (name: string): string => env[name]?.trim() || defaultOf(name)
  const number = (name: string, least: number, most: number): number =>
    parseWhole(name, text(name), least, most)
  return {
    host: text('HOST'),
    port: number('PORT', 0, 65535),
    isPortChosen: Boolean(env.PORT?.trim()),
    logLevel: parseLogLevel(text('LOG_LEVEL')),
    mode: parseMode(text('MODE')),
    threads: number('THREADS', 1, 1000),
    databaseUrl: parseDatabaseUrl(text('DATABASE_URL')),
    databaseDir: text('DATABASE_DIR') || undefined,
    databaseConnections: number('DATABASE_CONNECTIONS', 1, 1000),
    taxUrl: parseTaxUrl(text('TAX_URL')),
    taxTimeoutMs: number('TAX_TIMEOUT_MS', 1, 600_000),
    taxConnections: number('TAX_CONNECTIONS', 1, 100_000),
    taxRetryAfterMs: number('TAX_RETRY_AFTER_MS', 1000, 86_400_000),
    statusFreshMs: number('STATUS_FRESH_MS', 0, 31_536_000_000),
    demoApiKey: parseDemoApiKey(text('DEMO_API_KEY')),
    adminPassword: parseAdminPassword(env.ADMIN_PASSWORD),
    protection: readProtectionConfig({ text, number }),
    payments: readPaymentConfig({ text, number }),
    observability: readObservabilityConfig({ text, number }),
  }
}

export function configHelp(): string {
  return settings
    .map(({ name, fallback, help }) => {
      const shownDefault = fallback === '' ? '' : ` (default ${fallback})`
      return `  ${name.padEnd(28)}${help}${shownDefault}`
    })
    .join('\n')
}

function defaultOf(name: string): string {
  const setting = settings.find((candidate) => candidate.name === name)
  if (setting === undefined) throw new Error(`The setting ${name} is not in the table of settings.`)
  return setting.fallback
}

function parseWhole(name: string, text: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw new ConfigError(
    `${name} must be a whole number from ${least} to ${most}, but it is "${text}".`,
  )
}

function parseLogLevel(text: string): string {
  if (logLevels.includes(text)) return text
  throw new ConfigError(`LOG_LEVEL must be one of ${logLevels.join(', ')}, but it is "${text}".`)
}

function parseDatabaseUrl(text: string): string | undefined {
  if (text === '') return undefined
  if (URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol)) return text
  // It may hold a password, so it is not repeated.
  throw new ConfigError(
    'DATABASE_URL must be an address such as postgres://user@127.0.0.1:5432/payments.',
  )
}

function parseTaxUrl(text: string): string | undefined {
  if (text === '') return undefined
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text
  throw new ConfigError(
    `TAX_URL must be an address such as http://127.0.0.1:3001, but it is "${text}".`,
  )
}

function parseDemoApiKey(text: string): string | undefined {
  if (text === '') return undefined
  if (isChosenKey(text)) return text
  throw new ConfigError(
    `DEMO_API_KEY must be gtk_ and 16 to 200 letters, digits, _ or -, but it has ${text.length} characters of another form.`,
  )
}

function parseMode(text: string): Mode {
  const mode = modes.find((candidate) => candidate === text)
  if (mode !== undefined) return mode
  throw new ConfigError(`MODE must be one of ${modes.join(', ')}, but it is "${text}".`)
}

function modesHelp(): string {
  const meanings = Object.entries(modeMeanings).map(([mode, meaning]) => `${mode}: ${meaning}`)
  return `how the status check runs: ${meanings.join('; ')}`
}

function parseAdminPassword(text: string | undefined): string | undefined {
  if (!text || (text.length >= leastPasswordLength && text.length <= mostPasswordLength)) {
    return text || undefined
  }
  throw new ConfigError(
    `ADMIN_PASSWORD must have ${leastPasswordLength} to ${mostPasswordLength} characters, but it has ${text.length}.`,
  )
}
