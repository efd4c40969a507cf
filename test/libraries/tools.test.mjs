import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

// Command-line tools with plugins that wait, started as they are installed.

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
const cwd = fileURLToPath(new URL('programs', import.meta.url))

/** `{ code, stdout, stderr }` of `greenthreads run NAME ...`. */
function greenRun(...args) {
  return new Promise((resolve) => {
    const limits = { cwd, timeout: 60_000, maxBuffer: 1_000_000 }
    const child = execFile(process.execPath, [cli, 'run', ...args], limits, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? child.signalCode, stdout, stderr }),
    )
  })
}

test('ESLint with a rule that waits', async () => {
  const { code, stdout, stderr } = await greenRun('eslint', '--format=json', 'linted.mjs')
  assert.equal(code, 1, stderr)
  const [{ messages }] = JSON.parse(stdout)
  assert.deepEqual(
    messages.map(({ ruleId, line, message }) => ({ ruleId, line, message })),
    [{ ruleId: 'local/reserved', line: 2, message: 'forbidden is reserved' }],
  )
})

test('Prettier with a language that waits', async () => {
  const { code, stdout, stderr } = await greenRun(
    'prettier',
    '--plugin=./prettier-plugin.mjs',
    'spoken.words',
  )
  assert.equal(code, 0, stderr)
  assert.equal(stdout, 'ONE\nTWO\nTHREE\n')
})
