import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { backend, sleep, spawn } from 'greenthreads'
import { freeIdleStacks } from '#src/binding/stack-pool.js'

const library = JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)

const program = `import(${library}).then(({ sleep, spawn }) => {
  require('node:v8').setFlagsFromString('--expose-gc')
  const gc = require('node:vm').runInNewContext('gc')
  const threads = Array.from({ length: 10 }, (_, index) => spawn(() => {
    const kept = { index }
    for (let round = 0; round < 10; round++) sleep(1)
    return kept.index
  }))
  const collect = (rounds) => {
    gc()
    if (rounds > 0) setTimeout(collect, 1, rounds - 1)
    else Promise.all(threads).then((indices) => require('node:worker_threads').parentPort.postMessage(indices))
  }
  collect(15)
})`

/** How many operating system threads this process has; not a number where that can’t be read. */
function osThreads(): number {
  const file = '/proc/self/status'
  if (!existsSync(file)) return Number.NaN
  return Number(/^Threads:\s*(\d+)/m.exec(readFileSync(file, 'utf8'))?.[1])
}

// The system gives the memory of ended threads to new ones. A collection that takes the top of one of them
// for that of the worker's own stack then reads all that lies between. In a file of its own, as threads of
// other tests would leave their memory, too.
test('a worker collects while the stacks of its threads lie above its own', async () => {
  const crowd = Array.from({ length: 20 }, () => spawn(() => sleep(1)))
  const most = osThreads()
  await Promise.all(crowd)
  freeIdleStacks()
  if (backend === 'thread') while (osThreads() > most - crowd.length) await nextTurn()
  const worker = new Worker(program, { eval: true })
  const [[indices], [code]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')])
  assert.deepEqual(indices, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  assert.equal(code, 0)
})
