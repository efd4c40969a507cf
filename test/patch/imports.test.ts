import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Project } from '../support/project.ts'

const register = ['--import', 'greenthreads/register']

async function linesOf(files: Record<string, string>): Promise<string[]> {
  using project = new Project(files)
  const { code, stdout, stderr } = await project.node([...register, 'app.mjs'])
  assert.equal(stderr, '')
  assert.equal(code, 0)
  return stdout.trim().split('\n')
}

const waiting = `
  import { readFileSync } from 'node:fs'
  import { sleep } from 'greenthreads'
  console.log('evaluated')
  sleep(20)
  export const size = readFileSync(new URL(import.meta.url)).length`

test('imports of a module that waits at its top level wait for its end, and are one', async () => {
  const app = `
    setImmediate(async () => {
      const all = await Promise.all([1, 2, 3].map(() => import('./waiting.mjs')))
      console.log(all.every((one) => one === all[0] && one.size > 0))
    })`
  assert.deepEqual(await linesOf({ 'app.mjs': app, 'waiting.mjs': waiting }), ['evaluated', 'true'])
})

test('so do imports of the main module and of what it imports, while they wait', async () => {
  const lines = await linesOf({
    'app.mjs': `
      import './middle.mjs'
      console.log('main')`,
    'middle.mjs': "export * from './below.mjs'",
    'below.mjs': `
      import { sleep } from 'greenthreads'
      const late = (name) => import(name).then(() => console.log(name))
      for (const name of ['./below.mjs', './middle.mjs', './app.mjs']) setTimeout(late, 0, name)
      sleep(20)
      console.log('below')
      export const value = 1`,
  })
  assert.deepEqual(lines.slice(0, 2), ['below', 'main'])
  assert.deepEqual(lines.slice(2).sort(), ['./app.mjs', './below.mjs', './middle.mjs'])
})

test('a CommonJS module that several import at once has all exports for each, those of others too', async () => {
  const lines = await linesOf({
    'app.mjs': ['one', 'two', 'three'].map((name) => `import './${name}.mjs'`).join('\n'),
    'one.mjs': "import { init } from './chosen.cjs'; console.log(init)",
    'two.mjs': "import { init } from './chosen.cjs'; console.log(init)",
    'three.mjs': "import './chosen.cjs'; console.log(3)",
    'chosen.cjs': 'module.exports = require("./choice.cjs")',
    'choice.cjs': 'exports.init = 1',
  })
  assert.deepEqual(lines, ['1', '1', '3'])
})

test('an error after a wait reaches every import', async () => {
  const lines = await linesOf({
    'app.mjs': `
      setImmediate(async () => {
        const all = await Promise.allSettled([1, 2].map(() => import('./fails.mjs')))
        for (const { reason } of all) console.log(reason.message)
      })`,
    'fails.mjs': "import { sleep } from 'greenthreads'; sleep(5); throw new Error('too bad')",
  })
  assert.deepEqual(lines, ['too bad', 'too bad'])
})
