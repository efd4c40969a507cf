import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { backend } from 'greenthreads'
import { root } from './support/repository.ts'

interface Outcome {
  code: number
  stdout: string
  stderr: string
}

function greenthreads(args: string[], env: NodeJS.ProcessEnv = process.env): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [`${root}dist/cli.js`, ...args],
      { env },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
      },
    )
  })
}

test('doctor tells the backend that programs get, and why', async () => {
  const { code, stdout } = await greenthreads(['doctor', '--json'])
  const diagnosis = JSON.parse(stdout) as Record<string, unknown>
  assert.equal(code, 0)
  assert.equal(diagnosis.isHealthy, true)
  assert.equal(diagnosis.backend, backend)
  assert.equal(diagnosis.node, process.versions.node)
  assert.match(String(diagnosis.reason), /\w/)
})

test('doctor for a person names the same backend', async () => {
  const { code, stdout } = await greenthreads(['doctor'])
  assert.equal(code, 0)
  assert.match(stdout, new RegExp(`^backend +${backend}$`, 'm'))
})

test('doctor reports a library that cannot load, and fails', async () => {
  const { code, stdout } = await greenthreads(['doctor', '--json'], {
    ...process.env,
    GREENTHREADS_BACKEND: 'steam',
  })
  const diagnosis = JSON.parse(stdout) as Record<string, unknown>
  assert.equal(code, 1)
  assert.equal(diagnosis.isHealthy, false)
  assert.match(String(diagnosis.reason), /steam/)
})

test('an unknown command or option is refused with the usage', async () => {
  for (const args of [['dance'], ['--dance'], ['doctor', 'again'], []]) {
    const { code, stdout, stderr } = await greenthreads(args)
    assert.equal(code, 2, args.join(' '))
    assert.equal(stdout, '')
    assert.match(stderr, /greenthreads doctor/)
  }
})

test('--version prints the version of the package', async () => {
  const { stdout } = await greenthreads(['--version'])
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/)
})
