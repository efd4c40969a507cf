import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runScript } from './script.ts'

test('an error that nobody observes ends the process as an unhandled rejection does', async () => {
  const source = (start: string): string => `
    import { spawn, sleep } from 'greenthreads'
    const fail = () => { throw new TypeError('nobody looks') }
    ${start}
  `
  const thread = await runScript(source('spawn(fail)'))
  const rejection = await runScript(source('Promise.resolve().then(fail)'))
  assert.equal(thread.code, 1)
  assert.equal(thread.code, rejection.code)
  assert.match(thread.stderr, /TypeError: nobody looks/)
})

test('unhandledRejection comes once, with the reason and a promise', async () => {
  const { stdout, code } = await runScript(`
    import { spawn, sleep } from 'greenthreads'
    const error = new Error('late')
    process.on('unhandledRejection', (reason, promise) => {
      console.log(reason === error, promise instanceof Promise)
    })
    const thread = spawn(() => { sleep(1); throw error })
    setTimeout(() => console.log(thread.state), 20)
  `)
  assert.equal(stdout, 'true true\nfailed\n')
  assert.equal(code, 0)
})

test('an observed error is not reported, whoever observes it', async () => {
  const { stdout, stderr, code } = await runScript(`
    import { spawn, sleep, wait } from 'greenthreads'
    const fail = () => { sleep(1); throw new Error('observed') }
    const caught = []
    spawn(() => { try { spawn(fail).join() } catch { caught.push('join') } })
    spawn(() => { try { wait(spawn(fail)) } catch { caught.push('wait') } })
    spawn(fail).then(undefined, () => caught.push('then'))
    const atOnce = spawn(() => { throw new Error('at once') })
    try { atOnce.join() } catch { caught.push('join at once') }
    setTimeout(() => console.log(caught.sort().join()), 20)
  `)
  assert.equal(stdout, 'join,join at once,then,wait\n')
  assert.equal(stderr, '')
  assert.equal(code, 0)
})

test('a cancelled thread is no error', async () => {
  const { stderr, code } = await runScript(`
    import { spawn, sleep } from 'greenthreads'
    const thread = spawn(() => sleep(1000))
    thread.cancel()
  `)
  assert.equal(stderr, '')
  assert.equal(code, 0)
})

test('process.exit inside a thread ends the process with its code', async () => {
  const { code, stdout } = await runScript(`
    import { spawn, sleep } from 'greenthreads'
    process.on('exit', (code) => console.log('exit', code))
    spawn(() => { try { sleep(1); process.exit(7) } finally { console.log('not reached') } })
    spawn(() => sleep(1000))
  `)
  assert.equal(code, 7)
  assert.equal(stdout, 'exit 7\n')
})
