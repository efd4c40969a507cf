import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runScript } from '../core/script.ts'
import { type Ended, runProgram } from '../support/child.ts'

const url = (name: string): URL => new URL(`./programs/${name}.js`, import.meta.url)
const preload = ['--import', import.meta.resolve('greenthreads/register')]

function run(name: string, program: string = 'waits'): Promise<Ended> {
  return runProgram(url(program), [name], { flags: preload })
}

/** What the programs print: each line once, in any order. */
const outputs: Record<string, string[]> = {
  timer: ['a timer'],
  immediate: ['an immediate'],
  immediates: ['first 3', 'second 3', 'third 3'],
  tick: ['a tick'],
  reaction: ['a reaction'],
  microtask: ['a microtask'],
  refusal: ['a refusal'],
  interval: ['interval 1', 'interval 2', 'interval 3'],
  event: ['true false', 'an event', 'the next listener'],
  async: ['async function twice'],
  constructs: ['1,2,3 x+y'],
  sorted: ['1,5,9'],
  many: ['499500'],
  nameless: ['running of main', 'undefined of main seen'],
  deadline: ['ERR_GT_TIMED_OUT'],
  uncaught: ['uncaught at once', 'uncaught after a wait', 'uncaught in a tick', 'goes on'],
  unhandled: ['unhandled after a wait'],
  patched: ['suspended meanwhile: true'],
  registered: ['hooks of modules'],
  nested: ['the effect of a listener'],
  locks: ['1 2'],
  worker: ['a timer', 'worker 0'],
  server: ['true'],
  top: ['the top level of the main module'],
}

const outputsOfContexts: Record<string, string[]> = {
  context: ['after two', 'x nested', 'y one', 'tick one'],
  wrapped: ['caller meanwhile', 'callback after a wait'],
  hooks: ['before and after', 'a hooked file'],
  domain: ['domain at once', 'domain after a wait'],
}

const outputsOfCallers: Record<string, string[]> = {
  file: ['a file', 'its directory'],
  dns: ['an address'],
  crypto: ['32 bytes', 'a key'],
  zlib: ['compressed', 'expanded'],
  child: ['exit 3', 'close 3'],
  target: ['true', 'an event target', 'aborted in time'],
  port: ['a message', 'an answer'],
  process: ['SIGUSR2', 'a warning', 'before the end'],
  collected: ['collected'],
  observer: ['1 measure'],
  client: ['true 60'],
  thenable: ['a thenable', 'asked for by await'],
  stream: ['one,two,three', 'ended'],
  rejections: Array(3).fill('a refusal'),
}

async function prints(name: string, program: string, lines: string[]): Promise<void> {
  const { code, signal, stdout, stderr } = await run(name, program)
  assert.equal(stderr, '')
  assert.deepEqual(stdout.trimEnd().split('\n').toSorted(), lines.toSorted())
  assert.deepEqual([code, signal], [0, null])
}

for (const [name, lines] of Object.entries(outputs)) {
  test(`waits: ${name}`, () => prints(name, 'waits', lines))
}

for (const [name, lines] of Object.entries(outputsOfContexts)) {
  test(`keeps what is its own: ${name}`, () => prints(name, 'contexts', lines))
}

for (const [name, lines] of Object.entries(outputsOfCallers)) {
  test(`a function called by it may wait: ${name}`, () => prints(name, 'callers', lines))
}

test('an error after a wait in a callback ends the process, and says where it was thrown', async () => {
  const { code, stderr } = await run('crash')
  assert.equal(code, 1)
  assert.match(stderr, /Error: nobody catches it\n {4}at .*waits\.js/)
})

test('an error after a wait in a tick is reported before the next tick', async () => {
  const { stdout } = await run('late')
  assert.equal(stdout, 'uncaught before it\nthe next tick\n')
})

test('process.exit() after a wait ends the process with its code; exit listeners may not wait', async () => {
  const { code, stdout, stderr } = await run('exit')
  assert.deepEqual([code, stdout, stderr], [7, 'exit 7\n', ''])
})

test('a callback that waits for nothing that can happen is named in the warning of a deadlock', async () => {
  const { code, stderr } = await run('forever')
  assert.equal(code, 0)
  assert.match(stderr, /ERR_GT_DEADLOCK.*callback of the event loop.*waits\.js/s)
})

test('without the preload the same wait says what to write', async () => {
  const { code, stderr } = await runProgram(url('waits'), ['timer'])
  assert.equal(code, 1)
  assert.match(stderr, /NotInGreenThreadError: wait\(\) was called on the main stack/)
  assert.match(stderr, /node --import greenthreads\/register app\.js/)
})

test('a program in which nothing waits has its own timers only: others would change the order on Node.js 20', async () => {
  const counts = `data:text/javascript,
    import { createHook } from 'node:async_hooks';
    globalThis.timers = new Set();
    createHook({
      init: (id, type) => type === 'Timeout' && timers.add(id),
      destroy: (id) => timers.delete(id),
    }).enable();`
  const program = `
    import { setImmediate as turn } from 'node:timers/promises'
    const inCallback = (callback) => new Promise((resolve) => {
      setImmediate(() => resolve(callback()))
    })
    await inCallback(() => {})
    await turn()
    console.log(timers.size)
    const { wait } = await import('greenthreads')
    await inCallback(() => wait(turn()))
    await turn()
    console.log(timers.size)`
  const { code, stdout, stderr } = await runScript(program, ['--import', counts, ...preload])
  assert.equal(stderr, '')
  // After the first wait idle stacks are there to be given back in time.
  assert.deepEqual([code, stdout], [0, '0\n1\n'])
})

test('everything keeps its order', async () => {
  // 1,000 schedules by GREENTHREADS_TEST_SCHEDULES=1000.
  const count = process.env.GREENTHREADS_TEST_SCHEDULES ?? '200'
  const first = String(Math.floor(Math.random() * 1e6))
  const [plain, waitable] = await Promise.all([
    runProgram(url('schedule'), [first, count]),
    runProgram(url('schedule'), [first, count], { flags: preload }),
  ])
  assert.equal(waitable.stderr, '')
  assert.equal(plain.stdout.split('\n').length, Number(count) + 1)
  assert.equal(waitable.stdout, plain.stdout)
})
