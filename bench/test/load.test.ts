import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, test } from 'node:test'
import { CrowdOfUsers } from '../load/crowd-of-users.ts'
import { lineChart } from '../load/line-chart.ts'
import { figuresOf } from '../load/load-report.ts'
import { isAlive, MemoryWatch } from '../load/memory-watch.ts'
import type { ScenarioRun, Step } from '../load/scenario.ts'
import { whyDenied } from '../load/verdict.ts'

const well = { errors: {}, frontErrors: {}, frontP99Ms: 999, frontAsked: 10 }
const living = { isLiving: true, isOverMemory: false }

describe('service is denied', () => {
  test('to nobody while the front is answered within a second', () => {
    assert.equal(whyDenied(well, living), null)
  })

  for (const [name, meeting, process, reason] of [
    ["when the front's p99 reaches a second", { frontP99Ms: 1000 }, living, /p99 is 1000 ms/],
    ['when the front fails', { frontErrors: { 'HTTP 503': 1 } }, living, /1 x HTTP 503/],
    ['when a user gets an error', { errors: { 'HTTP 500': 2 } }, living, /2 x HTTP 500/],
    ['when the front is not answered at all', { frontAsked: 0 }, living, /no answer at all/],
    ['when the process ends', {}, { isLiving: false, isOverMemory: false }, /process ended/],
    ['when memory ends', {}, { isLiving: false, isOverMemory: true }, /limit of memory/],
  ] as const) {
    test(name, () => assert.match(whyDenied({ ...well, ...meeting }, process) ?? '', reason))
  }

  test('by nobody but the load generator when that has no descriptors left', () => {
    const errors = { 'connect EMFILE 127.0.0.1:1': 1 }
    assert.throws(
      () => whyDenied({ ...well, errors }, living),
      /load generator is at its own limit/,
    )
  })
})

test('the figures are those of the last users before denial, response times those of equally many users', () => {
  const capped = run([
    { ...step(20, 40), residentBytes: 1e6, waiting: 0 },
    { ...step(2020, 40), residentBytes: 5e6, waiting: 2000, frontP99Ms: 80 },
    { ...step(4000, 40), residentBytes: 9e6, denied: 'it was killed' },
  ])
  const denied = { ...step(20, 30), denied: 'the front failed' }
  const { threads, green, async } = figuresOf(
    new Map([
      ['threads', { capped, slow: run([step(10, 20), denied]) }],
      ['green', { capped, slow: run([step(10, 20), step(20, 36), step(40, 40)]) }],
      ['async', { capped, slow: run([step(10, 20), step(20, 39), step(40, 40)]) }],
    ]),
  )
  assert.equal(green?.maxRps, 40)
  assert.equal(green.usersBeforeDenial, 2020)
  assert.equal(green.frontP99Ms, 80)
  assert.equal(green.bytesPerWaitingUser, 2000)
  assert.equal(green.peakRssBytes, 5e6)
  assert.equal(green.denial, 'it was killed')
  assert.deepEqual([threads?.users, green.users, async?.users], [10, 40, 40])
  assert.deepEqual([threads?.avgMs, green.avgMs, async?.avgMs], [510, 540, 540])
})

test('users ask again when they are answered, and count what they are answered', async () => {
  let asked = 0
  const server = createServer((request, response) => {
    asked++
    response.statusCode = request.url === '/bad' ? 500 : request.url === '/busy' ? 429 : 200
    const body = Buffer.from('answer')
    response.setHeader('content-length', body.length)
    response.write(body.subarray(0, 3))
    setImmediate(() => response.end(body.subarray(3)))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const crowd = new CrowdOfUsers({
    target: { host: '127.0.0.1', port, localAddress: '127.0.0.9' },
    paths: ['/good', '/good', '/bad', '/busy'],
    headers: {},
    pauseMs: 0,
    patienceMs: 60_000,
  })
  await crowd.growTo(4, 1000)
  const met = { good: 0, errors: 0, refused: 0 }
  while (met.good < 20 || met.errors < 2 || met.refused < 2) {
    await new Promise((resolve) => setImmediate(resolve))
    const { latenciesMs, errors, refused, users } = crowd.take()
    assert.equal(users, 4)
    assert.ok(latenciesMs.every((ms) => ms > 0))
    met.good += latenciesMs.length
    met.errors += errors['HTTP 500'] ?? 0
    met.refused += refused
    assert.deepEqual(
      Object.keys(errors).filter((error) => error !== 'HTTP 500'),
      [],
    )
  }
  assert.ok(asked >= met.good + met.errors + met.refused)
  crowd.stop()
  server.closeAllConnections()
  server.close()
})

test('a process over the limit of memory is killed', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  const exit = once(child, 'exit')
  const watch = new MemoryWatch(child, 1)
  assert.deepEqual(await exit, [null, 'SIGKILL'])
  assert.ok(watch.hasKilled && watch.peakBytes > 0)
  assert.ok(!isAlive(child))
})

test('a chart draws every point between its axes', () => {
  const points = [
    [10, 1],
    [100, 2000],
    [10_000, 30],
  ] as const
  const svg = lineChart({
    title: 'a < b',
    xLabel: 'x',
    yLabel: 'y',
    series: [{ name: 'one', colour: '#000', points }],
    limit: { value: 1000, label: 'limit' },
  })
  assert.match(svg, /a &lt; b/)
  assert.doesNotMatch(svg, /NaN|Infinity/)
  const drawn = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)" r="3"/g)]
  assert.deepEqual(
    drawn.map(([, x]) => Number(x)),
    [70, 292, 736],
  )
  for (const [, , y] of drawn) assert.ok(Number(y) >= 48 && Number(y) <= 364)
})

function step(users: number, perSecond: number): Step {
  return {
    users,
    seconds: 1,
    answered: perSecond,
    perSecond,
    avgMs: 500 + users,
    p99Ms: 600,
    waiting: users,
    refused: 0,
    errors: {},
    frontAsked: 10,
    frontP99Ms: 50,
    frontErrors: {},
    lateMs: 1,
    residentBytes: 1e6,
    descriptors: users,
    denied: null,
  }
}

function run(steps: Step[]): ScenarioRun {
  return { scenario: 'a scenario', mode: 'green', idleBytes: 1e6, peakBytes: 1e6, steps }
}
