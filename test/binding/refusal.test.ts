import assert from 'node:assert/strict'
import { Session } from 'node:inspector'
import { test } from 'node:test'
import vm from 'node:vm'
import { backend, CannotSuspendError, spawn, wait } from 'greenthreads'
import { suspendedThreads } from 'greenthreads/lowlevel'
import { runScript } from '../core/script.ts'

const major = Number.parseInt(process.versions.node, 10)

/** Runs code in a thread in which waiting must be refused; the thread can wait again afterwards. */
async function refusedIn(situation: (waitHere: () => void) => void): Promise<CannotSuspendError> {
  const errors: unknown[] = []
  const waitHere = (): void => {
    try {
      wait(Promise.resolve('refused'))
    } catch (error) {
      errors.push(error)
    }
  }
  const thread = spawn(() => {
    situation(waitHere)
    return wait(Promise.resolve('still able to wait'))
  })
  assert.equal(await thread, 'still able to wait')
  assert.equal(suspendedThreads().length, 0)
  const [error] = errors
  assert.ok(error instanceof CannotSuspendError, `got ${error}`)
  assert.equal(error.message.split('\n').length, 2, 'says why, and what to write instead')
  return error
}

test('waiting inside JSON.stringify', async (t) => {
  if (major === 22) {
    const error = await refusedIn((waitHere) => JSON.stringify({ toJSON: waitHere }))
    assert.equal(error.code, 'ERR_GT_CANNOT_SUSPEND_JSON_STRINGIFY')
    return
  }
  t.diagnostic('this version can')
  const thread = spawn(() => JSON.stringify({ toJSON: () => wait(Promise.resolve('waited')) }))
  assert.equal(await thread, '"waited"')
})

test('waiting inside what the inspector evaluates is refused', async () => {
  const session = new Session()
  session.connect()
  const error = await refusedIn((waitHere) => {
    Object.assign(globalThis, { waitHere })
    session.post('Runtime.evaluate', { expression: 'waitHere()' })
  })
  session.disconnect()
  assert.equal(error.code, 'ERR_GT_CANNOT_SUSPEND_MICROTASKS_SCOPE')
})

test('waiting in microtasks that the thread runs itself is refused', async () => {
  const tickCallback = (process as unknown as { _tickCallback(): void })._tickCallback
  const error = await new Promise<CannotSuspendError>((resolve) => {
    // Not in a microtask, in which no others would be run.
    setImmediate(() => {
      const refused = refusedIn((waitHere) => {
        Promise.resolve().then(waitHere)
        tickCallback()
      })
      resolve(refused)
    })
  })
  assert.equal(error.code, 'ERR_GT_CANNOT_SUSPEND_MICROTASK_CHECKPOINT')
})

test('waiting inside vm code with a time limit is refused', async () => {
  const calls: ((context: vm.Context) => void)[] = [
    (context) => vm.runInContext('waitHere()', context, { timeout: 1000 }),
    (context) => vm.runInContext('waitHere()', context, { breakOnSigint: true }),
    (context) => new vm.Script('waitHere()').runInContext(context, { timeout: 1000 }),
    ({ waitHere }) => vm.runInNewContext('waitHere()', { waitHere }, { timeout: 1000 }),
  ]
  for (const call of calls) {
    const error = await refusedIn((waitHere) => call(vm.createContext({ waitHere })))
    assert.equal(error.code, 'ERR_GT_CANNOT_SUSPEND_VM_TIMEOUT')
  }
})

test('waiting inside vm code without one works', async () => {
  const context = vm.createContext({ waitHere: () => wait(Promise.resolve('waited')) })
  assert.equal(await spawn(() => vm.runInContext('waitHere()', context)), 'waited')
})

test('a thread that is interrupted with the vm code around it fails, and the rest goes on', async (t) => {
  if (backend === 'thread') return t.skip('with the thread backend none can be started there')
  const { code, stdout, stderr } = await runScript(`
    import vm from 'node:vm'
    import { executionAsyncId } from 'node:async_hooks'
    import { sleep, spawn, wait } from 'greenthreads'
    process.on('unhandledRejection', ({ code }) => console.log('thread:', code))
    // It interrupts itself: a limit of time might end before it has begun.
    const interrupted = () => { process.kill(process.pid, 'SIGINT'); for (;;); }
    const context = vm.createContext({ start: () => spawn(interrupted) })
    const id = executionAsyncId()
    try {
      vm.runInContext('start()', context, { breakOnSigint: true })
    } catch (error) {
      console.log('vm:', error.code, executionAsyncId() === id)
    }
    try {
      wait(Promise.resolve())
    } catch (error) {
      console.log('main:', error.code)
    }
    console.log(await spawn(() => { sleep(1); return 'others: fine' }))
  `)
  assert.equal(stderr, '')
  assert.deepEqual(stdout.trim().split('\n'), [
    'vm: ERR_SCRIPT_EXECUTION_INTERRUPTED true',
    'main: ERR_GT_NOT_IN_GREEN_THREAD',
    'thread: ERR_GT_TERMINATED',
    'others: fine',
  ])
  assert.equal(code, 0)
})

test('vm code with a timeout starts no thread where that could outlive the timeout', (t) => {
  if (backend === 'stack') return t.skip('with the stack backend the timeout ends the thread')
  const context = vm.createContext({ start: () => spawn(() => 1) })
  assert.throws(() => vm.runInContext('start()', context, { timeout: 1000 }), {
    code: 'ERR_GT_CANNOT_SUSPEND_VM_TIMEOUT',
  })
  assert.equal(vm.runInContext('start()', context).state, 'finished')
})

// (module (import "m" "f" (func (result i32))) (func (export "run") (result i32) call 0))
const wasm =
  '0,97,115,109,1,0,0,0,1,5,1,96,0,1,127,2,7,1,1,109,1,102,0,0,3,2,1,0,7,7,1,3,114,117,110,0,1,10,6,1,4,0,16,0,11'

test('WebAssembly.promising and green threads exclude each other', async (t) => {
  const { WebAssembly } = globalThis as unknown as { WebAssembly: object }
  if (!('promising' in WebAssembly)) return t.skip('this version has no WebAssembly.promising')
  const { code, stdout, stderr } = await runScript(
    `
    import { spawn, sleep, wait } from 'greenthreads'
    const module = new WebAssembly.Module(new Uint8Array([${wasm}]))
    const call = (f) =>
      WebAssembly.promising(new WebAssembly.Instance(module, { m: { f } }).exports.run)()
    const later = new WebAssembly.Suspending(() => new Promise((ok) => setTimeout(ok, 5, 42)))
    const codeOf = (f) => { try { return f() } catch (error) { return error.code } }
    const end = (promise) => promise.catch((error) => error.code)
    const pending = call(later)
    console.log('meanwhile:', codeOf(() => spawn(() => 1)))
    gc()
    console.log('first:', await pending)
    const inside = []
    await call(() => { inside.push(codeOf(() => wait(pending)), codeOf(() => spawn(() => 1))); return 1 })
    console.log('inside:', ...inside)
    await spawn(() => {
      sleep(1)
      console.log('in a thread:', codeOf(() => wait(call(later))))
    })
    gc()
    console.log('afterwards:', await end(call(later)))
    gc()
  `,
    ['--expose-gc'],
  )
  const refused = 'ERR_GT_CANNOT_SUSPEND_JSPI'
  const insideRefused = 'ERR_GT_CANNOT_SUSPEND_WASM_PROMISING'
  assert.equal(stderr, '')
  assert.deepEqual(stdout.trim().split('\n'), [
    `meanwhile: ${refused}`,
    'first: 42',
    `inside: ${insideRefused} ${insideRefused}`,
    `in a thread: ${refused}`,
    // The thread backend keeps a stack for itself from the first green thread on.
    `afterwards: ${backend === 'stack' ? 42 : refused}`,
  ])
  assert.equal(code, 0)
})
