import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runProgram } from '../support/child.ts'

test('WebAssembly code that is replaced while a coroutine is suspended is not collected', async () => {
  const ended = await runProgram(new URL('wasm-code.js', import.meta.url), [], {
    flags: ['--stress-wasm-code-gc'],
  })
  assert.deepEqual(ended, { code: 0, signal: null, stdout: '2000000\n', stderr: '' })
})
