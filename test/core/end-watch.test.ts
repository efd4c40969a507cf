import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GreenThread, sleep, spawn, wait } from 'greenthreads'
import { watchEnd } from 'greenthreads/lowlevel'
import { useVirtualClock } from 'greenthreads/testing'
import { never } from './deferred.ts'
import { runScript } from './script.ts'

test('it is told of every kind of end at once, with the outcome', async () => {
  using clock = useVirtualClock()
  const log: string[] = []
  const tell = (thread: GreenThread): void => {
    watchEnd(thread, () => {
      try {
        log.push(`${thread.state}: ${thread.join()}`)
      } catch (error) {
        log.push(`${thread.state}: ${(error as Error).message}`)
      }
    })
  }
  const finished = spawn(() => {
    sleep(10)
    log.push('last statement')
    return 'result'
  })
  const failed = spawn(() => {
    sleep(20)
    throw new Error('error')
  })
  const cancelled = spawn(() => wait(never))
  const unstarted = new GreenThread(() => {})
  for (const thread of [finished, failed, cancelled, unstarted]) tell(thread)
  void finished.then(() => log.push('awaited'))
  unstarted.cancel('early')
  cancelled.cancel('later')
  await clock.advance(20)
  assert.deepEqual(
    log.map((line) => line.replace(/green thread \d+/, 'it')),
    [
      'cancelled: it was cancelled: early',
      'cancelled: it was cancelled: later',
      'last statement',
      'finished: result',
      'awaited',
      'failed: error',
    ],
  )
  tell(finished)
  assert.equal(log.at(-1), 'finished: result')
})

test('what is no function is refused', () => {
  assert.throws(() => watchEnd(new GreenThread(() => {}), 'no function' as never), {
    code: 'ERR_GT_INVALID_ARGUMENT',
  })
})

test('an error is reported although it was told', async () => {
  const { stdout } = await runScript(`
    import { sleep, spawn } from 'greenthreads'
    import { watchEnd } from 'greenthreads/lowlevel'
    process.on('unhandledRejection', (error) => console.log('reported:', error.message))
    const thread = spawn(() => { sleep(1); throw new Error('unobserved') })
    watchEnd(thread, () => console.log('told'))
  `)
  assert.deepEqual(stdout.trim().split('\n'), ['told', 'reported: unobserved'])
})
