import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ConfigError, configHelp, readConfig } from '../src/config.ts'

describe('the configuration', () => {
  test('is complete without any environment variable', () => {
    assert.deepEqual(readConfig({}), {
      host: '127.0.0.1',
      port: 3000,
      isPortChosen: false,
      logLevel: 'warn',
      databaseUrl: undefined,
      databaseDir: undefined,
      databaseConnections: 10,
      taxUrl: undefined,
      taxTimeoutMs: 3000,
      taxConnections: 256,
      taxRetryAfterMs: 5000,
      statusFreshMs: 600_000,
    })
  })

  test('takes every setting from its environment variable', () => {
    const config = readConfig({
      HOST: '::1',
      PORT: '0',
      LOG_LEVEL: 'silent',
      DATABASE_URL: 'postgres://somebody@somewhere/payments',
      DATABASE_DIR: 'data',
      DATABASE_CONNECTIONS: '3',
      TAX_URL: 'https://tax.example/base',
      TAX_TIMEOUT_MS: '250',
      TAX_CONNECTIONS: '40',
      TAX_RETRY_AFTER_MS: '60000',
      STATUS_FRESH_MS: '0',
    })
    assert.deepEqual(config, {
      host: '::1',
      port: 0,
      isPortChosen: true,
      logLevel: 'silent',
      databaseUrl: 'postgres://somebody@somewhere/payments',
      databaseDir: 'data',
      databaseConnections: 3,
      taxUrl: 'https://tax.example/base',
      taxTimeoutMs: 250,
      taxConnections: 40,
      taxRetryAfterMs: 60_000,
      statusFreshMs: 0,
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
    ['TAX_URL', 'tax.example'],
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

  test('takes an empty variable for an absent one', () => {
    assert.deepEqual(readConfig({ PORT: '', TAX_URL: ' ' }), readConfig({}))
  })

  test('is described by the help, default by default', () => {
    assert.match(configHelp(), /^ {2}TAX_TIMEOUT_MS .*\(default 3000\)$/m)
  })
})
