import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads'
import deasync from 'deasync'
import { spawn, wait } from 'greenthreads'
import { createSyncFn } from 'synckit'
import { compare } from '../harness/comparison.ts'
import { report, settingsOf } from '../harness/program.ts'
import { perAsyncOperation } from '../harness/timing.ts'

// What it costs synchronous code to get one value which asynchronous code has in the next turn of the event
// loop, one call after the other. All but green threads keep everything else in the program waiting.
const { rounds, count } = settingsOf<{ rounds: number; count: number }>()

const nextTurn = (): Promise<number> => new Promise((resolve) => setImmediate(resolve, 1))
const bySynckit = createSyncFn(new URL('./synckit-answer.js', import.meta.url).href) as () => number
const byDeasync = deasync((done: (error: null, value: number) => void) => {
  setImmediate(done, null, 1)
})

/** Without a library: a worker that answers over a port, and a word in shared memory to sleep on. */
const flag = new Int32Array(new SharedArrayBuffer(4))
const { port1: ours, port2: theirs } = new MessageChannel()
const worker = new Worker(
  `const { workerData: { flag, port } } = require('node:worker_threads')
   port.on('message', () => setImmediate(() => {
     port.postMessage(1)
     Atomics.store(flag, 0, 1)
     Atomics.notify(flag, 0)
   }))`,
  { eval: true, workerData: { flag, port: theirs }, transferList: [theirs] },
)
worker.unref()

function byWorker(): number {
  Atomics.store(flag, 0, 0)
  ours.postMessage(null)
  Atomics.wait(flag, 0, 0)
  return receiveMessageOnPort(ours)?.message as number
}

function repeat(call: () => number, times: number): void {
  for (let i = 0; i < times; i++) {
    const value = call()
    if (value !== 1) throw new Error(`The call returned ${value}, not 1.`)
  }
}

const blocking = (call: () => number): (() => number | Promise<number>) =>
  perAsyncOperation(count, async () => repeat(call, count))

report(
  await compare(
    perAsyncOperation(count, async () => {
      await spawn(() => repeat(() => wait(nextTurn()), count))
    }),
    {
      async: perAsyncOperation(count, async () => {
        for (let i = 0; i < count; i++) await nextTurn()
      }),
      synckit: blocking(bySynckit),
      deasync: blocking(byDeasync),
      'node:worker_threads': blocking(byWorker),
    },
    { rounds },
  ),
)
