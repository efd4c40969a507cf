import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runProgram } from '../support/child.ts'

const streams = new URL('./programs/streams.js', import.meta.url)
const preload = ['--import', import.meta.resolve('greenthreads/register')]

test('streams whose listeners wait emit in the same order, and lose nothing', async () => {
  const count = process.env.GREENTHREADS_TEST_SCHEDULES ?? '200'
  const first = String(Math.floor(Math.random() * 1e6))
  const [plain, waiting] = await Promise.all([
    runProgram(streams, [first, count, 'plain']),
    runProgram(streams, [first, count, 'waits'], { flags: preload }),
  ])
  assert.deepEqual([plain.stderr, waiting.stderr], ['', ''])
  assert.equal(plain.stdout.split('\n').length, Number(count) + 1)
  assert.equal(waiting.stdout, plain.stdout)
})
