import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Project, type ProjectRun } from '../support/project.ts'

// Every kind of main module that `greenthreads run` takes.

const isStripped = Boolean((process.features as { typescript?: unknown }).typescript)

/** Versions that strip types call that experimental. */
const env = { NODE_NO_WARNINGS: '1' }

function run(project: Project, file: string, args: string[] = []): Promise<ProjectRun> {
  return project.greenthreads(['run', file, ...args], { env })
}

const required = "const { current, sleep } = require('greenthreads')"
const imported = "import { current, sleep } from 'greenthreads'"
const body = `
  const args: string[] = process.argv.slice(2)
  let isTurning = false
  setTimeout(() => { isTurning = true })
  sleep(20)
  console.log(isTurning, current() !== undefined, ...args)
  process.exitCode = 3`

const typed: Record<string, { head: string; type: string }> = {
  'app.ts': { head: imported, type: 'module' },
  'common.ts': { head: required, type: 'commonjs' },
  'app.mts': { head: imported, type: 'commonjs' },
  'app.cts': { head: required, type: 'module' },
}

for (const [file, { head, type }] of Object.entries(typed)) {
  test(`${file} in a package of type ${type} waits where types are stripped, and is refused elsewhere`, async () => {
    using project = new Project({ [file]: head + body, 'package.json': `{ "type": "${type}" }` })
    const { code, stdout, stderr } = await run(project, file, ['one', '--two'])
    if (isStripped) {
      assert.deepEqual([code, stdout, stderr], [3, 'true true one --two\n', ''])
      return
    }
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(
      stderr,
      /is TypeScript, and Node\.js v20.* does not strip its types\.\nRun it with/,
    )
  })
}

/** The same sources with a top-level `await`, where types are stripped as TypeScript as well. */
const kinds = isStripped ? ['app.mjs', 'app.js', 'app.mts', 'app.ts'] : ['app.mjs', 'app.js']

for (const file of kinds) {
  test(`the top level of ${file} waits before and after a top-level await`, async () => {
    const source = `
      import { sleep, wait } from 'greenthreads'
      import { value } from './dependency.mjs'
      sleep(1)
      const first = await Promise.resolve('awaited')
      sleep(1)
      const second = [1, 2].map((n) => wait(Promise.resolve(n * 2)))
      console.log(value, first, second.join(), ...process.argv.slice(2))
      process.exitCode = 5`
    using project = new Project({
      [file]: source,
      'dependency.mjs': `
        import { sleep } from 'greenthreads'
        sleep(1)
        export const value = await Promise.resolve('imported')
        sleep(1)`,
      'package.json': '{ "type": "module" }',
    })
    const { code, stdout, stderr } = await run(project, file, ['one'])
    assert.deepEqual([code, stdout, stderr], [5, 'imported awaited 2,4 one\n', ''])
  })
}

test('an error after a top-level await is an uncaught exception with its own place', async () => {
  using project = new Project({
    'app.mjs': `
      import { sleep } from 'greenthreads'
      process.on('exit', (code) => console.log('exit', code))
      await 1
      sleep(1)
      throw new RangeError('it is over')`,
  })
  const { code, stdout, stderr } = await run(project, 'app.mjs')
  assert.deepEqual([code, stdout], [1, 'exit 1\n'])
  assert.match(stderr, /RangeError: it is over\n {4}at .*app\.mjs:6:/)
})

for (const [name, head] of Object.entries({
  'app.cjs': "const { sleep } = require('greenthreads')",
  'app.mjs': "import { sleep } from 'greenthreads'",
  'await.mjs': "import { sleep } from 'greenthreads'; await 1",
})) {
  test(`Ctrl-C ends ${name} while it waits, or its listener runs`, async () => {
    using project = new Project({
      [name]: `${head}
        if (process.argv[2] === 'handles') {
          process.once('SIGINT', () => { sleep(1); console.log('interrupted'); process.exit(6) })
        }
        console.log('ready')
        sleep(60_000)`,
    })
    const interrupt = { env, signalWhenReady: 'SIGINT' as const }
    const died = await project.greenthreads(['run', name], interrupt)
    assert.deepEqual([died.code, died.signal, died.stderr], [null, 'SIGINT', ''])
    const handled = await project.greenthreads(['run', name, 'handles'], interrupt)
    assert.deepEqual(
      [handled.code, handled.stdout, handled.stderr],
      [6, 'ready\ninterrupted\n', ''],
    )
  })
}
