import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { wait } from 'greenthreads'
import pino from 'pino'
import { Counter, Histogram, Registry } from 'prom-client'
import { load, meeting } from './support.mjs'

test('prom-client: a timer and a counter around something that waits', async () => {
  const registry = new Registry()
  const duration = new Histogram({
    name: 'duration_seconds',
    help: 'How long it took.',
    labelNames: ['route'],
    registers: [registry],
  })
  const done = new Counter({
    name: 'done_total',
    help: 'How many there were.',
    labelNames: ['route'],
    registers: [registry],
    // Metrics are collected while threads are suspended, by a function that waits as well.
    collect() {
      wait(delay(1))
    },
  })
  const meet = meeting()
  const handle = async (_, index) => {
    await null
    const stop = duration.startTimer({ route: `r${index % 2}` })
    meet()
    wait(registry.metrics())
    stop()
    done.inc({ route: `r${index % 2}` })
  }
  await Promise.all(Array.from({ length: load }, handle))
  const { values } = await registry.getSingleMetric('done_total').get()
  assert.deepEqual(values.map(({ labels, value }) => [labels.route, value]).sort(), [
    ['r0', load / 2],
    ['r1', load / 2],
  ])
  const counts = (await registry.getSingleMetric('duration_seconds').get()).values.filter(
    ({ metricName }) => metricName === 'duration_seconds_count',
  )
  assert.deepEqual(
    counts.map(({ value }) => value),
    [load / 2, load / 2],
  )
})

test('pino: what is mixed in belongs to the one who logs', async () => {
  const lines = []
  const request = new AsyncLocalStorage()
  const logger = pino(
    { mixin: () => ({ request: request.getStore() }) },
    { write: (line) => lines.push(JSON.parse(line)) },
  )
  const meet = meeting()
  await Promise.all(
    Array.from({ length: load }, (_, index) =>
      request.run(index, async () => {
        await null
        const child = logger.child({ child: index })
        child.info('before')
        meet()
        child.info('after')
      }),
    ),
  )
  assert.equal(lines.length, 2 * load)
  for (const { request: id, child } of lines) assert.equal(id, child)
  for (let index = 0; index < load; index++) {
    const own = lines.filter(({ child }) => child === index)
    assert.deepEqual(
      own.map(({ msg }) => msg),
      ['before', 'after'],
    )
  }
})
