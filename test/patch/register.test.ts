import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { root } from '../support/repository.ts'

const execute = promisify(execFile)

const flags = ['--import', 'greenthreads/register']

async function preload(
  program: string,
  type: 'commonjs' | 'module',
  env: NodeJS.ProcessEnv = {},
): Promise<unknown> {
  const { stdout, stderr } = await execute(
    process.execPath,
    [...flags, `--input-type=${type}`, '--eval', program],
    { cwd: root, env: { ...process.env, ...env } },
  )
  assert.equal(stderr, '')
  return JSON.parse(stdout)
}

test('the preload patches before the program captures anything', async () => {
  const printed = await preload(
    `const { statSync, readFileSync } = require('fs')
    import('greenthreads').then(({ spawn }) => {
      const thread = spawn(() => statSync('.').isDirectory() && readFileSync('package.json').length > 0)
      const { state } = thread
      thread.then((result) => console.log(JSON.stringify([state, result])))
    })`,
    'commonjs',
  )
  assert.deepEqual(printed, ['suspended', true])
})

test('the preload patches what modules import by name', async () => {
  const printed = await preload(
    `import { existsSync } from 'node:fs'
    import { spawn } from 'greenthreads'
    const thread = spawn(() => existsSync('.'))
    console.log(JSON.stringify([thread.state, await thread]))`,
    'module',
  )
  assert.deepEqual(printed, ['suspended', true])
})

for (const [type, say] of [
  ['commonjs', "const { readFileSync } = require('fs')"],
  ['module', "import { readFileSync } from 'node:fs'"],
] as const) {
  const program = `${say}
    let isLater = false
    Promise.resolve().then(() => { isLater = true })
    readFileSync('package.json')
    console.log(isLater)`

  test(`the top level of a ${type} program suspends`, async () => {
    assert.equal(await preload(program, type), true)
  })

  test(`the top level of a ${type} main module suspends`, async (t) => {
    const folder = await mkdtemp(`${tmpdir()}/greenthreads-`)
    t.after(() => rm(folder, { recursive: true }))
    const file = `${folder}/main.${type === 'module' ? 'mjs' : 'cjs'}`
    await writeFile(file, program)
    const { stdout, stderr } = await execute(process.execPath, [...flags, file], { cwd: root })
    assert.deepEqual([stdout, stderr], ['true\n', ''])
  })
}

test('GREENTHREADS_ANYWHERE=off leaves the main stack as it is', async () => {
  const program = `import { readFileSync } from 'node:fs'
    import { isPatched } from 'greenthreads/patch'
    let isLater = false
    Promise.resolve().then(() => { isLater = true })
    readFileSync('package.json')
    console.log(JSON.stringify([isPatched('fs'), isLater]))`
  assert.deepEqual(await preload(program, 'module', { GREENTHREADS_ANYWHERE: 'off' }), [
    true,
    false,
  ])
})

test('a wait of the main module for what can not happen is told of', async () => {
  const program = `import { wait } from 'greenthreads'
    wait(new Promise(() => {}))`
  // The exit code is 13 where Node.js awaits the module, as it does on version 20.
  const ended = execute(process.execPath, [...flags, '--input-type=module', '--eval', program], {
    cwd: root,
  })
  const { stderr } = await ended.catch((error: { stderr: string }) => error)
  assert.match(stderr, /ERR_GT_DEADLOCK.*callback of the event loop/s)
})
