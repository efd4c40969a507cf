import { ConfigError, type Setting, type SettingsReader } from './setting.ts'

/** How payments are carried out, and by which neighbours. */
export interface PaymentConfig {
  /** Where the bank and the notification service are; when undefined, the service starts simulators. */
  readonly bankUrl: string | undefined
  readonly bankTimeoutMs: number
  readonly bankConnections: number
  readonly notificationsUrl: string | undefined
  readonly notificationsTimeoutMs: number
  readonly notificationsConnections: number
  /** Most single payments, and most payments of registers, that this process works on at once. */
  readonly concurrency: number
  readonly registryConcurrency: number
  /** How long a payment belongs to the process that works on it, from one step to the next. */
  readonly leaseMs: number
  /** Longest time that a request waits for its payment to be completed. */
  readonly answerMs: number
  /** Time before a step that failed is tried again; it doubles with each failure, up to the longest. */
  readonly retryMs: number
  readonly mostRetryMs: number
  /** How often to look for payments that another process has left behind. */
  readonly pollMs: number
}

export const paymentSettings: readonly Setting[] = [
  { name: 'BANK_URL', fallback: '', help: 'the bank; without it a simulator is started' },
  { name: 'BANK_TIMEOUT_MS', fallback: '5000', help: 'longest wait for one answer of the bank' },
  { name: 'BANK_CONNECTIONS', fallback: '64', help: 'most connections to the bank' },
  {
    name: 'NOTIFICATIONS_URL',
    fallback: '',
    help: 'the notification service; without it a simulator is started',
  },
  {
    name: 'NOTIFICATIONS_TIMEOUT_MS',
    fallback: '5000',
    help: 'longest wait for one answer of the notification service',
  },
  { name: 'NOTIFICATIONS_CONNECTIONS', fallback: '64', help: 'most connections to it' },
  { name: 'PAYMENT_CONCURRENCY', fallback: '64', help: 'single payments worked on at once' },
  { name: 'REGISTRY_CONCURRENCY', fallback: '32', help: 'payments of registers worked on at once' },
  {
    name: 'PAYMENT_LEASE_MS',
    fallback: '60000',
    help: 'time after which a payment whose process has vanished is resumed by another',
  },
  {
    name: 'PAYMENT_ANSWER_MS',
    fallback: '5000',
    help: 'longest time that POST /payments waits for the end',
  },
  { name: 'PAYMENT_RETRY_MS', fallback: '1000', help: 'time before the second try of a step' },
  { name: 'PAYMENT_MOST_RETRY_MS', fallback: '300000', help: 'longest time between two tries' },
  { name: 'PAYMENT_POLL_MS', fallback: '1000', help: 'how often to look for payments left behind' },
]

export function readPaymentConfig({ text, number }: SettingsReader): PaymentConfig {
  return {
    bankUrl: parseUrl('BANK_URL', text('BANK_URL')),
    bankTimeoutMs: number('BANK_TIMEOUT_MS', 1, 600_000),
    bankConnections: number('BANK_CONNECTIONS', 1, 100_000),
    notificationsUrl: parseUrl('NOTIFICATIONS_URL', text('NOTIFICATIONS_URL')),
    notificationsTimeoutMs: number('NOTIFICATIONS_TIMEOUT_MS', 1, 600_000),
    notificationsConnections: number('NOTIFICATIONS_CONNECTIONS', 1, 100_000),
    concurrency: number('PAYMENT_CONCURRENCY', 1, 100_000),
    registryConcurrency: number('REGISTRY_CONCURRENCY', 1, 100_000),
    leaseMs: number('PAYMENT_LEASE_MS', 100, 86_400_000),
    answerMs: number('PAYMENT_ANSWER_MS', 0, 600_000),
    retryMs: number('PAYMENT_RETRY_MS', 1, 86_400_000),
    mostRetryMs: number('PAYMENT_MOST_RETRY_MS', 1, 86_400_000),
    pollMs: number('PAYMENT_POLL_MS', 1, 86_400_000),
  }
}

function parseUrl(name: string, text: string): string | undefined {
  if (text === '') return undefined
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text
  throw new ConfigError(
    `${name} must be an address such as http://127.0.0.1:3002, but it is "${text}".`,
  )
}
