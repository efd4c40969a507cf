import { test } from 'node:test'
import fc from 'fast-check'
import { callsProperty } from './calls.ts'
import { BarrierModel, BarrierSubject, barrierOps } from './calls-barrier.ts'
import { PoolModel, PoolSubject, poolOps } from './calls-pool.ts'
import { ResultModel, ResultSubject, resultOps } from './calls-result.ts'
import { TaskModel, TaskSubject, taskOps } from './calls-tasks.ts'
import { settings } from './settings.ts'

test('parties meet at a barrier, or break it, in threads as in async code', async () => {
  const property = callsProperty(barrierOps, (variant) => ({
    subject: new BarrierSubject(1 + (variant % 4)),
    model: new BarrierModel(1 + (variant % 4)),
  }))
  await fc.assert(property, settings(0.05))
})

test('a result that is set once reaches all that ask, in threads as in async code', async () => {
  const property = callsProperty(resultOps, () => ({
    subject: new ResultSubject(),
    model: new ResultModel(),
  }))
  await fc.assert(property, settings(0.05))
})

test('a task channel hands each item over once and counts, in threads as in async code', async () => {
  const property = callsProperty(taskOps, (variant) => ({
    subject: new TaskSubject(variant),
    model: new TaskModel(variant),
  }))
  await fc.assert(property, settings(0.05))
})

test('a pool serves its callers in order within its limits, in threads as in async code', async () => {
  const property = callsProperty(poolOps, (variant) => ({
    subject: new PoolSubject(variant),
    model: new PoolModel(variant),
  }))
  await fc.assert(property, settings(0.05))
})
