import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runScript } from './script.ts'

test('threads that nothing can wake any more are named with their stacks', async () => {
  const { code, stderr, stdout } = await runScript(`
    import { GreenThread, spawn, wait } from 'greenthreads'
    import { park } from 'greenthreads/lowlevel'
    process.on('warning', (warning) => console.log(warning.name, warning.code))
    spawn(function first() { waitForEver() })
    new GreenThread(() => park(), { name: 'second' }).start()
    function waitForEver() { wait(new Promise(() => {})) }
  `)
  assert.match(stderr, /ended while 2 green threads waited/)
  assert.match(stderr, /green thread \d+ \(first\)\n {4}at waitForEver /)
  assert.match(stderr, /green thread \d+ \(second\)\n/)
  assert.equal(stdout, 'DeadlockWarning ERR_GT_DEADLOCK\n')
  assert.equal(code, 0, 'the exit code is unchanged')
})

test('the code of an await at the top level that never ends is unchanged', async () => {
  const { code, stderr } = await runScript(`
    import { spawn, wait } from 'greenthreads'
    await spawn(() => wait(new Promise(() => {})))
  `)
  assert.match(stderr, /ERR_GT_DEADLOCK/)
  assert.equal(code, 13)
})

test('the warning comes once although the loop ends twice', async () => {
  const { stdout } = await runScript(`
    import { spawn, wait } from 'greenthreads'
    process.on('warning', () => console.log('warned'))
    let isRestarted = false
    process.on('beforeExit', () => {
      if (!isRestarted) setImmediate(() => console.log('restarted'))
      isRestarted = true
    })
    spawn(() => wait(new Promise(() => {})))
  `)
  assert.equal(stdout, 'warned\nrestarted\n')
})

test('nothing is said when every thread is over', async () => {
  const { stderr } = await runScript(`
    import { spawn, sleep } from 'greenthreads'
    spawn(() => sleep(1))
  `)
  assert.equal(stderr, '')
})
