import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { backend, InvalidArgumentError } from 'greenthreads'
import { Greenlet } from 'greenthreads/greenlet'
import { runScript } from '../core/script.ts'

const imports = `
import { Greenlet, getcurrent } from 'greenthreads/greenlet'
import { spawn, wait } from 'greenthreads'
const main = getcurrent()
`

/** Is terminated where it loops, however long it took to get there: a limit of time may end sooner. */
const interrupted = `() => { process.kill(process.pid, 'SIGINT'); for (;;) {} }`

test('process.exit inside a greenlet ends the process with its code', async () => {
  const { code, signal, stdout } = await runScript(`${imports}
    const suspended = new Greenlet(() => { try { main.switch() } finally { console.log('never') } })
    suspended.switch()
    new Greenlet(() => process.exit(7)).switch()
    console.log('never')
  `)
  assert.deepEqual([code, signal, stdout], [7, null, ''])
})

test('a switch away while the process exits in a greenlet is an error', async () => {
  const { code, signal, stdout } = await runScript(`${imports}
    const other = new Greenlet(() => console.log('never'))
    process.on('exit', () => {
      for (const target of [main, other]) {
        try { target.switch() } catch (error) { console.log(error.code) }
      }
      console.log(getcurrent().switch('itself'))
    })
    new Greenlet(() => process.exit(0)).switch()
    console.log('never')
  `)
  assert.deepEqual([code, signal], [0, null])
  assert.equal(stdout, 'ERR_GT_GREENLET_EXITING\nERR_GT_GREENLET_EXITING\nitself\n')
})

test('greenlets work in an exit listener on the main stack', async () => {
  const { code, stdout } = await runScript(`${imports}
    const suspended = new Greenlet(() => main.switch('ready'))
    console.log(suspended.switch())
    process.on('exit', () => console.log(suspended.switch('in the end')))
  `)
  assert.deepEqual([code, stdout], [0, 'ready\nin the end\n'])
})

test('the process ends with greenlets suspended on the main stack and in green threads', async () => {
  const { code, signal, stderr } = await runScript(`${imports}
    const kept = Array.from({ length: 50 }, () => new Greenlet(() => main.switch()))
    for (const greenlet of kept) greenlet.switch()
    spawn(() => {
      const home = getcurrent()
      new Greenlet(() => home.switch()).switch()
      wait(new Promise((resolve) => setImmediate(resolve)))
    })
    globalThis.kept = kept
  `)
  assert.deepEqual([code, signal, stderr], [0, null, ''])
})

test('an uncaught error of a greenlet ends the process as any other does', async () => {
  const { code, signal, stderr } = await runScript(`${imports}
    new Greenlet(function inner() { throw new RangeError('of the greenlet') }).switch()
  `)
  assert.deepEqual([code, signal], [1, null])
  assert.match(stderr, /RangeError: of the greenlet\n +at .*inner/)
})

test('a worker is terminated, or exits, with greenlets suspended and one running', async () => {
  const terminated = startWorker('parentPort.postMessage(0); for (;;) {}')
  await once(terminated, 'message')
  assert.equal(await terminated.terminate(), 1)
  const [code] = await once(startWorker('process.exit(3)'), 'exit')
  assert.equal(code, 3)
})

function startWorker(body: string): Worker {
  const library = JSON.stringify(new URL('../../dist/greenlet.js', import.meta.url).href)
  const source = `import(${library}).then(({ Greenlet, getcurrent }) => {
    const { parentPort } = require('node:worker_threads')
    const main = getcurrent()
    const kept = Array.from({ length: 10 }, () => new Greenlet(() => main.switch()))
    for (const greenlet of kept) greenlet.switch()
    new Greenlet(() => { ${body} }).switch(kept)
  })`
  return new Worker(source, { eval: true })
}

test('vm code that is interrupted in a greenlet ends that greenlet, and the rest goes on', async () => {
  const { code, signal, stdout } = await runScript(`${imports}
    import vm from 'node:vm'
    const greenlet = new Greenlet(${interrupted})
    try {
      vm.runInNewContext('go()', { go: () => greenlet.switch() }, { breakOnSigint: true })
    } catch (error) {
      console.log(error.code)
    }
    console.log(greenlet.dead, getcurrent() === main)
    console.log(new Greenlet(() => 'fine').switch())
  `)
  assert.deepEqual([code, signal], [0, null])
  // With the thread backend nothing is started inside such code.
  const expected =
    backend === 'thread'
      ? 'ERR_GT_CANNOT_SUSPEND_VM_TIMEOUT\nfalse'
      : 'ERR_SCRIPT_EXECUTION_INTERRUPTED\ntrue'
  assert.equal(stdout, `${expected} true\nfine\n`)
})

test('a green thread whose greenlet is interrupted in vm code fails with its finally blocks', async () => {
  const { code, signal, stdout } = await runScript(`${imports}
    import vm from 'node:vm'
    process.on('unhandledRejection', (error) => console.log(error.code))
    const go = () => spawn(() => {
      try { new Greenlet(${interrupted}).switch() } finally { console.log('finally') }
    })
    try {
      vm.runInNewContext('go()', { go }, { breakOnSigint: true })
    } catch (error) {
      console.log(error.code)
    }
  `)
  assert.deepEqual([code, signal], [0, null])
  // With the thread backend nothing is started inside such code.
  const expected =
    backend === 'thread'
      ? 'ERR_GT_CANNOT_SUSPEND_VM_TIMEOUT'
      : 'ERR_SCRIPT_EXECUTION_INTERRUPTED\nfinally\nERR_GT_TERMINATED'
  assert.equal(stdout.trim(), expected)
})

test('a greenlet of a worker, dead or alive, is none elsewhere', async () => {
  const worker = new Worker(
    `${imports}
    import { parentPort } from 'node:worker_threads'
    const suspended = new Greenlet(() => main.switch('suspended'))
    suspended.switch()
    let refusal
    try { parentPort.postMessage(suspended) } catch (error) { refusal = error }
    if (refusal !== undefined) parentPort.postMessage({})
    parentPort.once('message', () => process.exit())
  `,
    { eval: true },
  )
  const [received] = await once(worker, 'message')
  const own = new Greenlet(() => 'own')
  const attempts = (): void => {
    assert.throws(() => Reflect.set(own, 'parent', received), InvalidArgumentError)
    assert.throws(() => new Greenlet(() => {}, received), InvalidArgumentError)
    assert.throws(() => Greenlet.prototype.switch.call(received), TypeError)
  }
  attempts()
  const ended = once(worker, 'exit')
  worker.postMessage('end')
  await ended
  attempts()
  assert.equal(own.switch(), 'own')
})
