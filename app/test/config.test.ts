import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ConfigError, configHelp, readConfig } from '../src/config.ts'

describe('the configuration', () => {
  test('is complete without any environment variable', () => {
    const { payments, ...config } = readConfig({})
    assert.equal(payments.leaseMs, 60_000)
    assert.deepEqual(config, {
      host: '127.0.0.1',
      port: 3000,
      isPortChosen: false,
      logLevel: 'warn',
      mode: 'green',
      threads: 40,
      databaseUrl: undefined,
      databaseDir: undefined,
      databaseConnections: 10,
      taxUrl: undefined,
      taxTimeoutMs: 3000,
      taxConnections: 256,
      taxRetryAfterMs: 5000,
      statusFreshMs: 600_000,
      demoApiKey: undefined,
      adminPassword: undefined,
      protection: {
        maxConcurrent: 4000,
        maxQueue: 1000,
        queueTimeoutMs: 1000,
        clientRequestsPerSecond: 1000,
        bodyLimitBytes: 1_048_576,
        headersTimeoutMs: 10_000,
        requestTimeoutMs: 30_000,
        trustedProxies: [],
        guard: { maxQueue: 1000, breakerCalls: 20, breakerOpenMs: 5000, retries: 2 },
        legacyTlsHosts: [],
        tlsCaFile: undefined,
        redisUrl: undefined,
        redisPrefix: 'payments',
      },
      observability: { otlpEndpoint: undefined, serviceName: 'payments' },
    })
  })

  test('takes every setting from its environment variable', () => {
    const { payments, ...config } = readConfig({
      HOST: '::1',
      PORT: '0',
      LOG_LEVEL: 'silent',
      MODE: 'threads',
      THREADS: '7',
      DATABASE_URL: 'postgres://somebody@somewhere/payments',
      DATABASE_DIR: 'data',
      DATABASE_CONNECTIONS: '3',
      TAX_URL: 'https://tax.example/base',
      TAX_TIMEOUT_MS: '250',
      TAX_CONNECTIONS: '40',
      TAX_RETRY_AFTER_MS: '60000',
      STATUS_FRESH_MS: '0',
      DEMO_API_KEY: 'gtk_0123456789abcdef',
      ADMIN_PASSWORD: ' a long enough password ',
      MAX_CONCURRENT: '1',
      MAX_QUEUE: '0',
      QUEUE_TIMEOUT_MS: '2',
      CLIENT_REQUESTS_PER_SECOND: '3',
      BODY_LIMIT_BYTES: '4',
      HEADERS_TIMEOUT_MS: '5',
      REQUEST_TIMEOUT_MS: '6',
      TRUSTED_PROXIES: '10.0.0.0/8, 127.0.0.1',
      UPSTREAM_QUEUE: '7',
      BREAKER_CALLS: '8',
      BREAKER_OPEN_MS: '9',
      UPSTREAM_RETRIES: '10',
      LEGACY_TLS_HOSTS: 'Proxy.example:8443,[::1]:443',
      TLS_CA_FILE: '/etc/upstreams.pem',
      REDIS_URL: 'rediss://:secret@redis.example:6380',
      REDIS_PREFIX: 'pay-2',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
      OTEL_SERVICE_NAME: 'pay',
      BANK_URL: 'https://bank.example',
      BANK_TIMEOUT_MS: '1',
      BANK_CONNECTIONS: '2',
      NOTIFICATIONS_URL: 'https://sms.example',
      NOTIFICATIONS_TIMEOUT_MS: '3',
      NOTIFICATIONS_CONNECTIONS: '4',
      PAYMENT_CONCURRENCY: '5',
      REGISTRY_CONCURRENCY: '6',
      PAYMENT_LEASE_MS: '700',
      PAYMENT_ANSWER_MS: '8',
      PAYMENT_RETRY_MS: '9',
      PAYMENT_MOST_RETRY_MS: '10',
      PAYMENT_POLL_MS: '11',
    })
    assert.deepEqual(payments, {
      bankUrl: 'https://bank.example',
      bankTimeoutMs: 1,
      bankConnections: 2,
      notificationsUrl: 'https://sms.example',
      notificationsTimeoutMs: 3,
      notificationsConnections: 4,
      concurrency: 5,
      registryConcurrency: 6,
      leaseMs: 700,
      answerMs: 8,
      retryMs: 9,
      mostRetryMs: 10,
      pollMs: 11,
    })
    assert.deepEqual(config, {
      host: '::1',
      port: 0,
      isPortChosen: true,
      logLevel: 'silent',
      mode: 'threads',
      threads: 7,
      databaseUrl: 'postgres://somebody@somewhere/payments',
      databaseDir: 'data',
      databaseConnections: 3,
      taxUrl: 'https://tax.example/base',
      taxTimeoutMs: 250,
      taxConnections: 40,
      taxRetryAfterMs: 60_000,
      statusFreshMs: 0,
      demoApiKey: 'gtk_0123456789abcdef',
      adminPassword: ' a long enough password ',
      protection: {
        maxConcurrent: 1,
        maxQueue: 0,
        queueTimeoutMs: 2,
        clientRequestsPerSecond: 3,
        bodyLimitBytes: 4,
        headersTimeoutMs: 5,
        requestTimeoutMs: 6,
        trustedProxies: ['10.0.0.0/8', '127.0.0.1'],
        guard: { maxQueue: 7, breakerCalls: 8, breakerOpenMs: 9, retries: 10 },
        legacyTlsHosts: ['proxy.example:8443', '[::1]:443'],
        tlsCaFile: '/etc/upstreams.pem',
        redisUrl: 'rediss://:secret@redis.example:6380',
        redisPrefix: 'pay-2',
      },
      observability: { otlpEndpoint: 'http://collector:4318', serviceName: 'pay' },
    })
  })

  for (const [name, value] of [
    ['PORT', '65536'],
    ['PORT', 'http'],
    ['TAX_TIMEOUT_MS', '0'],
    ['TAX_TIMEOUT_MS', '1e3'],
    ['TAX_CONNECTIONS', '-1'],
    ['STATUS_FRESH_MS', '1.5'],
    ['LOG_LEVEL', 'loud'],
    ['MODE', 'fibers'],
    ['THREADS', '0'],
    ['MAX_CONCURRENT', '0'],
    ['LEGACY_TLS_HOSTS', 'proxy.example'],
    ['TAX_URL', 'tax.example'],
    ['BANK_URL', 'bank.example'],
    ['PAYMENT_LEASE_MS', '1'],
    ['REDIS_PREFIX', 'a b'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
    ['TAX_URL', 'ftp://tax.example'],
  ] as const) {
    test(`refuses ${name}=${value} with its name and value`, () => {
      assert.throws(
        () => readConfig({ [name]: value }),
        (error) =>
          error instanceof ConfigError &&
          error.message.includes(name) &&
          error.message.includes(`"${value}"`),
      )
    })
  }

  for (const [name, secret] of [
    ['DEMO_API_KEY', 'gtk_secret'],
    ['ADMIN_PASSWORD', 'secret'],
  ] as const) {
    test(`refuses a ${name} that could be guessed, and does not repeat it`, () => {
      assert.throws(
        () => readConfig({ [name]: secret }),
        (error) =>
          error instanceof ConfigError &&
          error.message.includes(name) &&
          !error.message.includes('secret'),
      )
    })
  }

  test('takes an empty variable for an absent one', () => {
    assert.deepEqual(readConfig({ PORT: '', TAX_URL: ' ' }), readConfig({}))
  })

  test('is described by the help, default by default', () => {
    assert.match(configHelp(), /^ {2}TAX_TIMEOUT_MS .*\(default 3000\)$/m)
  })
})
