import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { runProgram } from '../support/child.ts'
import type { WorkerEnd } from './worker-host.ts'

const host = new URL('worker-host.js', import.meta.url)

async function runWorkers(situation: string, mode: string, count = 1): Promise<WorkerEnd[]> {
  const ended = await runProgram(host, [situation, mode, String(count)])
  assert.deepEqual(
    { code: ended.code, signal: ended.signal },
    { code: 0, signal: null },
    `${ended.stdout}${ended.stderr}`,
  )
  const ends: WorkerEnd[] = JSON.parse(ended.stdout)
  assert.equal(ends.length, count)
  return ends
}

async function runWorker(situation: string, mode: string): Promise<WorkerEnd> {
  return (await runWorkers(situation, mode))[0] as WorkerEnd
}

describe('a worker with coroutines ends without a crash', () => {
  const codes: Record<string, number> = {
    'natural exit': 0,
    'natural exit with fresh and finished coroutines': 0,
    'exit inside': 7,
    'exit inside nested callbacks': 7,
    'exit after a transfer': 7,
  }
  for (const [situation, exitCode] of Object.entries(codes)) {
    test(situation, async () => {
      assert.deepEqual(await runWorker(situation, 'alone'), { exitCode, messages: [], errors: [] })
    })
  }

  test('uncaught error inside', async () => {
    assert.deepEqual(await runWorker('uncaught error inside', 'alone'), {
      exitCode: 1,
      messages: [],
      errors: ['thrown inside'],
    })
  })

  test('unhandled rejection inside', async () => {
    assert.deepEqual(await runWorker('unhandled rejection inside', 'alone'), {
      exitCode: 1,
      messages: [],
      errors: ['rejected inside'],
    })
  })

  test('exit event that suspends', async () => {
    assert.equal((await runWorker('exit event that suspends', 'alone')).exitCode, 0)
  })

  test('out of memory inside a coroutine', async () => {
    const end = await runWorker('out of memory inside', 'alone')
    assert.deepEqual(end.errors, ['ERR_WORKER_OUT_OF_MEMORY'])
    assert.equal(end.exitCode, 1)
  })
})

// Interrupts are kept per archived thread: a termination may land in a coroutine that is suspended.
describe('worker.terminate() ends a worker', () => {
  for (const situation of [
    'a signal while suspended',
    'a loop inside',
    'a loop on the main stack',
    'a loop on the main stack on behalf of a coroutine',
    'ping-pong for ever',
    'transfers for ever',
    'bare switches',
  ]) {
    test(situation, async () => {
      const end = await runWorker(situation, 'terminate')
      assert.deepEqual(end, { exitCode: 1, messages: ['ready'], errors: [] })
    })
  }

  test('many times in turn while coroutines switch', async () => {
    for (const end of await runWorkers('ping-pong for ever', 'terminate in turn', 15)) {
      assert.deepEqual(end, { exitCode: 1, messages: ['ready'], errors: [] })
    }
  })

  test('many times in turn while a coroutine calls on the main stack', async () => {
    for (const end of await runWorkers(
      'calls on the main stack for ever',
      'terminate in turn',
      15,
    )) {
      assert.deepEqual(end, { exitCode: 1, messages: ['ready'], errors: [] })
    }
  })

  test('many times in turn while nothing but switches happens', async () => {
    for (const end of await runWorkers('bare switches', 'terminate in turn', 15)) {
      assert.deepEqual(end, { exitCode: 1, messages: ['ready'], errors: [] })
    }
  })

  test('eight at once while coroutines switch', async () => {
    for (const end of await runWorkers('transfers for ever', 'terminate', 8)) {
      assert.deepEqual(end, { exitCode: 1, messages: ['ready'], errors: [] })
    }
  })
})

describe('every isolate has coroutines of its own', () => {
  const sum = Array.from({ length: 200 }, (_, index) => (index % 3 === 0 ? index : 2 * index))
    .reduce((total, value) => total + value, 0)
    .toString()

  test('sixteen workers at once', async () => {
    for (const end of await runWorkers('a message per coroutine', 'alone', 16)) {
      assert.deepEqual(end, { exitCode: 0, messages: [sum], errors: [] })
    }
  })

  test('thirty workers in turn', async () => {
    for (const end of await runWorkers('a message per coroutine', 'in turn', 30)) {
      assert.deepEqual(end, { exitCode: 0, messages: [sum], errors: [] })
    }
  })
})
