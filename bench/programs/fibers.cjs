// Runs under Node.js 14 with the package fibers as well as here: samples on request, one after the other.
const { readFileSync } = require('node:fs')

const Fiber = require(process.argv[2])

const samples = {
  switch: timeSwitches,
  create: timeCreations,
  call: timeCalls,
  memory: memoryOfSuspended,
}

process.on('message', async ({ what, count }) => {
  process.send({ value: await samples[what](count) })
})

/** Nanoseconds for there and back. */
function timeSwitches(count) {
  const fiber = Fiber(() => {
    for (;;) Fiber.yield()
  })
  fiber.run()
  const start = process.hrtime.bigint()
  for (let i = 0; i < count; i++) fiber.run()
  const end = process.hrtime.bigint()
  fiber.reset()
  return Number(end - start) / count
}

/** Nanoseconds for a Fiber that is made, run, and returns. */
function timeCreations(count) {
  let calls = 0
  const body = () => ++calls
  const start = process.hrtime.bigint()
  for (let i = 0; i < count; i++) Fiber(body).run()
  const end = process.hrtime.bigint()
  if (calls !== count) throw new Error(`${calls} Fibers ran, not ${count}`)
  return Number(end - start) / count
}

/** Nanoseconds for a Fiber that waits for a settled promise ten calls deep, 50 of them at a time. */
async function timeCalls(count) {
  const settled = Promise.resolve(1)
  const start = process.hrtime.bigint()
  for (let i = 0; i < count; i += 50) {
    await new Promise((resolve) => {
      let left = 50
      const done = (depth) => {
        if (depth !== 10) throw new Error(`${depth} levels of 10 were returned from`)
        if (--left === 0) resolve()
      }
      for (let j = 0; j < 50; j++) Fiber(() => done(waitingLevel(10, settled))).run()
    })
  }
  return Number(process.hrtime.bigint() - start) / count
}

function waitingLevel(below, promise) {
  if (below > 1) return waitingLevel(below - 1, promise) + 1
  const fiber = Fiber.current
  promise.then((value) => fiber.run(value))
  return Fiber.yield()
}

/** Bytes by which resident memory grows for each Fiber that is suspended 15 calls deep. To be asked once. */
function memoryOfSuspended(count) {
  for (const fiber of suspend(100)) fiber.run()
  const before = residentBytes()
  const fibers = suspend(count)
  const after = residentBytes()
  let ended = 0
  for (const fiber of fibers) ended += fiber.run() === 15 ? 1 : 0
  if (ended !== count) throw new Error(`${ended} Fibers ended, not ${count}`)
  return (after - before) / count
}

function suspend(count) {
  return Array.from({ length: count }, () => {
    const fiber = Fiber(() => level(15))
    fiber.run()
    return fiber
  })
}

function level(below) {
  if (below > 1) return level(below - 1) + 1
  Fiber.yield()
  return 1
}

function residentBytes() {
  for (let i = 0; i < 4; i++) global.gc()
  const [, kilobytes] = /^Rss:\s+(\d+) kB/m.exec(readFileSync('/proc/self/smaps_rollup', 'utf8'))
  return Number(kilobytes) * 1024
}
