import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Project, type ProjectRun } from '../support/project.ts'

/** Says what it was given, waits, and goes on. */
const commonJs = `
const { current, sleep } = require('greenthreads')
const { readFileSync } = require('fs')
console.log('main', require.main === module, module.id, __filename === process.argv[1])
console.log('argv', JSON.stringify(process.argv.slice(2)), process.argv[0] === process.execPath)
setTimeout(() => console.log('the loop goes on'))
sleep(20)
console.log('read', readFileSync(__filename).length > 0, current() !== undefined)
`

const esModule = `
import { current, sleep } from 'greenthreads'
import { value } from './dependency.mjs'
console.log('argv', JSON.stringify(process.argv.slice(2)), import.meta.filename ?? process.argv[1])
sleep(5)
console.log('after', value, current() !== undefined)
`

const dependency = `
import { sleep } from 'greenthreads'
setTimeout(() => console.log('the loop goes on'))
sleep(20)
export const value = 'a dependency that waited'
`

function printed({ code, stdout, stderr }: ProjectRun): string[] {
  assert.equal(stderr, '')
  assert.equal(code, 0)
  return stdout.trim().split('\n')
}

test('the top level of a CommonJS main module waits', async () => {
  using project = new Project({ 'app.js': commonJs, 'package.json': '{ "type": "commonjs" }' })
  const args = ['run', 'app.js', 'one', '--help', '--', '-x']
  assert.deepEqual(printed(await project.greenthreads(args)), [
    'main true . true',
    'argv ["one","--help","--","-x"] true',
    'the loop goes on',
    'read true true',
  ])
})

test('the top level of an ES module waits, and that of its dependencies', async () => {
  using project = new Project({ 'app.mjs': esModule, 'dependency.mjs': dependency })
  assert.deepEqual(printed(await project.greenthreads(['run', './app.mjs', 'one'])), [
    'the loop goes on',
    `argv ["one"] ${project.folder}/app.mjs`,
    'after a dependency that waited true',
  ])
})

test('a file without a kind of its own is what its source is', async () => {
  using project = new Project({
    'module.js': `${esModule}\nexport {}`,
    'common.js': commonJs,
    'dependency.mjs': dependency,
  })
  assert.match((await project.greenthreads(['run', 'common'])).stdout, /main true \. false\n/)
  assert.match((await project.greenthreads(['run', 'module.js'])).stdout, /after a dependency/)
})

test('an ES module with a top-level await starts green threads', async () => {
  using project = new Project({
    'app.mjs': `
      import { spawn, sleep } from 'greenthreads'
      await 1
      console.log(await spawn(() => { sleep(1); return 'waited' }))`,
  })
  assert.deepEqual(printed(await project.greenthreads(['run', 'app.mjs'])), ['waited'])
})

test('an ES module is evaluated once, also when what it requires has a top-level await', async () => {
  using project = new Project({
    'app.mjs': `
      import { createRequire } from 'node:module'
      console.log('evaluated')
      createRequire(import.meta.url)('./later.mjs')`,
    'later.mjs': 'await 1',
  })
  const { code, stdout, stderr } = await project.greenthreads(['run', 'app.mjs'])
  assert.equal(stdout, 'evaluated\n')
  assert.match(stderr, /ERR_REQUIRE_ASYNC_MODULE/)
  assert.equal(code, 1)
})

test('a module that still waits is imported as far as it is, also from below', async () => {
  using project = new Project({
    'app.mjs': `
      import { text } from './middle.mjs'
      console.log(text)`,
    'middle.mjs': "export { text } from './waits.mjs'",
    'waits.mjs': `
      import { sleep, wait } from 'greenthreads'
      const early = []
      for (const name of ['waits', 'middle', 'app', 'other'])
        setTimeout(() => early.push(import(\`./\${name}.mjs\`)))
      sleep(20)
      for (const result of wait(Promise.allSettled(early))) console.log(result.status)
      export const text = 'complete'`,
    'other.mjs': "import * as app from './app.mjs'; import './middle.mjs'; export default app",
  })
  const lines = printed(await project.greenthreads(['run', 'app.mjs']))
  assert.deepEqual(lines, ['fulfilled', 'fulfilled', 'fulfilled', 'fulfilled', 'complete'])
})

test('TypeScript runs where its types are stripped, and is refused with a reason elsewhere', async () => {
  using project = new Project({
    'app.mts': `
      import { sleep } from 'greenthreads'
      const word: string = 'typed'
      sleep(1)
      console.log(word)`,
  })
  const { code, stdout, stderr } = await project.greenthreads(['run', 'app.mts'])
  if ((process.features as { typescript?: unknown }).typescript) {
    assert.equal(stdout, 'typed\n')
    return
  }
  assert.equal(stdout, '')
  assert.match(
    stderr,
    /^.*app\.mts is TypeScript, and Node\.js v20.* does not strip its types\.\n.*\n$/,
  )
  assert.equal(code, 1)
})

for (const [kind, name] of [
  ['a CommonJS', 'app.cjs'],
  ['an ES', 'app.mjs'],
] as const) {
  test(`an error of ${kind} module is an uncaught exception, before and after it waited`, async () => {
    const head =
      name === 'app.cjs'
        ? "const { sleep } = require('greenthreads')"
        : "import { sleep } from 'greenthreads'"
    for (const wait of ['', 'sleep(1)']) {
      using project = new Project({
        [name]: `${head}
          process.on('exit', (code) => console.log('exit', code))
          process.on('unhandledRejection', () => console.log('a rejection'))
          function fail() { throw new RangeError('it is over') }
          ${wait}
          fail()`,
      })
      const { code, stdout, stderr } = await project.greenthreads(['run', name])
      assert.equal(code, 1)
      assert.equal(stdout, 'exit 1\n')
      assert.match(stderr, /RangeError: it is over\n {4}at fail \(.*app\.[cm]js:4:\d+\)/)
    }
  })
}

test('uncaughtException has the very error, and the program goes on', async () => {
  using project = new Project({
    'app.cjs': `
      process.on('uncaughtException', ({ code }, origin) => console.log(code, origin))
      require('greenthreads').sleep(1)
      throw Object.assign(new Error('x'), { code: 'MINE' })`,
  })
  assert.deepEqual(printed(await project.greenthreads(['run', 'app.cjs'])), [
    'MINE uncaughtException',
  ])
})

test('the exit code is that of the program', async () => {
  using project = new Project({
    'set.cjs': "process.exitCode = 3; require('greenthreads').sleep(1)",
    'call.cjs': "require('greenthreads').sleep(1); process.exit(4)",
    'broken.cjs': 'const = 5',
  })
  assert.equal((await project.greenthreads(['run', 'set.cjs'])).code, 3)
  assert.equal((await project.greenthreads(['run', 'call.cjs'])).code, 4)
  const broken = await project.greenthreads(['run', 'broken.cjs'])
  assert.match(broken.stderr, /broken\.cjs:1[\s\S]*SyntaxError/)
  assert.equal(broken.code, 1)
  const missing = await project.greenthreads(['run', 'missing.cjs'])
  assert.match(missing.stderr, /Cannot find module '.*missing\.cjs'/)
  assert.equal(missing.code, 1)
})

test('an interrupt ends the program, or is handled by it, while it waits', async () => {
  using project = new Project({
    'dies.cjs': "console.log('ready'); require('greenthreads').sleep(60_000)",
    'handles.cjs': `
      const { current, sleep } = require('greenthreads')
      const main = current()
      process.once('SIGINT', () => main.cancel())
      console.log('ready')
      try { sleep(60_000) } catch ({ name }) { console.log(name) }`,
  })
  const signalWhenReady = 'SIGINT'
  const died = await project.greenthreads(['run', 'dies.cjs'], { signalWhenReady })
  assert.deepEqual([died.code, died.signal], [null, 'SIGINT'])
  const handled = await project.greenthreads(['run', 'handles.cjs'], { signalWhenReady })
  assert.deepEqual(printed(handled), ['ready', 'Cancelled'])
})

test('ticks, promises and timers of the main module run in their order', async () => {
  const source = `
    setTimeout(() => console.log('timer'))
    Promise.resolve().then(() => console.log('promise'))
    process.nextTick(() => console.log('tick'))
    console.log('main')`
  using project = new Project({ 'app.cjs': source })
  const plain = printed(await project.node(['app.cjs']))
  assert.deepEqual(printed(await project.greenthreads(['run', 'app.cjs'])), plain)
})

test('an installed command runs by its name, where there is no such file', async () => {
  using project = new Project({
    'node_modules/tool/package.json': '{ "type": "commonjs" }',
    'node_modules/tool/start.js': `#!/usr/bin/env node\n${commonJs.replace('__filename === process.argv[1]', 'process.argv[1]')}`,
  })
  mkdirSync(join(project.folder, 'node_modules/.bin'))
  const command = join(project.folder, 'node_modules/.bin/tool')
  symlinkSync('../tool/start.js', command)
  assert.deepEqual(printed(await project.greenthreads(['run', 'tool', 'one'])), [
    `main true . ${command}`,
    'argv ["one"] true',
    'the loop goes on',
    'read true true',
  ])
})

test('without a file, or with options of its own, run is refused with the usage', async () => {
  using project = new Project({})
  for (const args of [['run'], ['run', '--fast', 'app.js']]) {
    const { code, stdout, stderr } = await project.greenthreads(args)
    assert.equal(code, 2)
    assert.equal(stdout, '')
    assert.match(stderr, /greenthreads run FILE/)
  }
})
