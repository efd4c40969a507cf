import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runProgram } from '../support/child.ts'

const program = new URL('./offload-program.js', import.meta.url)

test('workers do not hold the process open', async () => {
  const { code, stdout, stderr } = await runProgram(program, ['ends with idle workers'])
  assert.deepEqual([code, stdout, stderr], [0, '3\n', ''])
})

test('a call that is under way does', async () => {
  const { code, stdout } = await runProgram(program, ['ends with a call that was not awaited'])
  assert.deepEqual([code, stdout], [0, 'last line\ndone\n'])
})

test('without piscina the error says what to install, each time', async () => {
  const { code, stdout } = await runProgram(program, ['has no piscina'])
  const codes = 'ERR_GT_OFFLOAD_NO_PISCINA'
  assert.equal(code, 0)
  assert.match(stdout, new RegExp(`^${codes}\n.*npm install piscina\n${codes}\n$`))
})
