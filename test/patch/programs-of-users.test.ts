import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Project, type RunOptions } from '../support/project.ts'

const register = ['--import', 'greenthreads/register']

async function linesOf(
  files: Record<string, string>,
  { packages = [], ...options }: RunOptions & { packages?: string[] } = {},
): Promise<string[]> {
  using project = new Project(files, packages)
  const app = Object.keys(files)[0] as string
  // Some packages use what Node.js has deprecated.
  const { code, stdout, stderr } = await project.node(
    ['--no-deprecation', ...register, app],
    options,
  )
  assert.equal(stderr, '')
  assert.equal(code, 0)
  return stdout.trim().split('\n')
}

/** The same lines in both kinds of modules. */
const kinds: Record<string, (name: string, from: string) => string> = {
  'app.cjs': (name, from) => `const { ${name} } = require('${from}')`,
  'app.mjs': (name, from) => `import { ${name} } from '${from}'`,
}

for (const [app, use] of Object.entries(kinds)) {
  test(`the stack of an error of a patched function begins at its caller in ${app}`, async () => {
    const lines = await linesOf({
      [app]: `${use('readFileSync, statSync', 'fs')}
        ${use('execFileSync', 'child_process')}
        ${use('spawn', 'greenthreads')}
        function first() { return statSync('./missing') }
        function second() { return readFileSync('./missing', 'utf8') }
        function third() { return execFileSync('false') }
        for (const call of [first, second, third]) spawn(() => {
          try { call() } catch (error) {
            console.log(error.code ?? error.status, error.stack.split('\\n').find((line) => /^ +at /.test(line) && !/node:/.test(line)))
          }
        }).join(1000)`,
    })
    assert.match(lines[0] ?? '', /^ENOENT {5}at first .*app\.[cm]js:4/)
    assert.match(lines[1] ?? '', /^ENOENT {5}at second .*app\.[cm]js:5/)
    assert.match(lines[2] ?? '', /^1 {5}at third .*app\.[cm]js:6/)
    assert.equal(lines.length, 3)
  })

  test(`packages that block in a child process or a worker let the loop go on in ${app}`, async () => {
    const packages = ['sync-fetch', 'sync-request', 'sync-rpc', 'synckit']
    const files = {
      [app]: `${use('createServer', 'http')}
        ${use('createRequire', 'module')}
        ${use('spawn', 'greenthreads')}
        const load = createRequire(process.cwd() + '/')
        const fetch = load('sync-fetch')
        const request = load('sync-request')
        const double = load('synckit').createSyncFn(process.cwd() + '/worker.mjs')
        // It is this very process that answers: were it blocked, nobody would.
        const server = createServer((_, answer) => setTimeout(() => answer.end('answer'), 10)).listen(0)
        server.on('listening', async () => {
          const url = 'http://localhost:' + server.address().port
          const calls = [() => fetch(url).text(), () => request('GET', url).getBody('utf8'), () => double(21)]
          console.log(JSON.stringify(await Promise.all(calls.map((call) => spawn(call)))))
          server.close()
          process.exit()
        })`,
      'worker.mjs': `
        import { runAsWorker } from 'synckit'
        runAsWorker(async (n) => { await new Promise((resolve) => setTimeout(resolve, 10)); return n * 2 })`,
    }
    assert.deepEqual(await linesOf(files, { packages }), ['["answer","answer",42]'])
  })

  test(`lines are read from standard input, as they come, in ${app}`, async () => {
    const files = {
      [app]: `${use('readSync', 'fs')}
        ${use('spawn', 'greenthreads')}
        // Only while the loop goes on does this ask for the input.
        setTimeout(() => console.log('ready'), 10)
        function* lines() {
          const byte = Buffer.alloc(1)
          for (let line = ''; readSync(0, byte) === 1; line = byte[0] === 10 ? '' : line + byte)
            if (byte[0] === 10) yield line
        }
        spawn(() => { for (const line of lines()) console.log('read', line) })
          .then(() => console.log('end'))`,
    }
    const lines = await linesOf(files, { inputWhenReady: 'one\ntwo\n' })
    assert.deepEqual(lines, ['ready', 'read one', 'read two', 'end'])
  })
}

test('what a package has captured before the patch is named, what a module imports is patched', async () => {
  using project = new Project({
    'app.mjs': `
      import { existsSync } from 'node:fs'
      import captures from 'captures'
      import { spawn } from 'greenthreads'
      import { patchAll } from 'greenthreads/patch'
      patchAll()
      const [byName, captured] = [existsSync, captures.exists].map((fn) => spawn(() => fn('.')).state)
      console.log(byName, captured)`,
    'node_modules/captures/index.js':
      "const { existsSync } = require('fs'); module.exports = { exists: (path) => existsSync(path) }",
  })
  const { stdout, stderr } = await project.node(['app.mjs'])
  assert.equal(stdout, 'suspended finished\n')
  assert.match(stderr, /ERR_GT_CAPTURED_ORIGINAL/)
  assert.match(stderr, /node_modules\/captures\/index\.js \(existsSync\)/)
})
