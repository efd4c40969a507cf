import { threadId, workerData } from 'node:worker_threads'
import { createSyncFn } from 'synckit'
import type { Inn } from '../domain/inn.ts'
import type { Standing } from '../domain/tax-status.ts'
import { StatusController } from '../http/status-controller.ts'
import type { SqlValue } from '../storage/driver.ts'
import {
  type BlockingAnswer,
  type BlockingCall,
  type BusinessTask,
  type BusinessThreadData,
  channelName,
  type Outcome,
} from './blocking-call.ts'
import { carry, unpack } from './carried-error.ts'
import { contractorStatus } from './contractor-status-parts.ts'
import type { Health } from './status-handlers.ts'

// What one of the business threads runs: the business code as it is, on a database and a tax authority that
// block the thread. `greenthreads` is not loaded here.

type Ask = (channel: string, call: BlockingCall) => BlockingAnswer

const { statusFreshMs } = workerData as BusinessThreadData
const ask = createSyncFn(new URL('./waiting-thread.js', import.meta.url).href) as Ask
const channel = channelName(threadId)
let now = new Date(0)

const queries = {
  query: <R extends object>(sql: string, parameters: readonly SqlValue[] = []): R[] =>
    blockingly({ name: 'query', sql, parameters }) as R[],
}
const taxAuthority = {
  standingOf: (inn: Inn, at: Date): Standing =>
    blockingly({ name: 'standingOf', inn, at }) as Standing,
}
// Every answer brings the service's time along: the business code asks for it only after one.
const clock = (): Date => now
const controller = new StatusController(
  contractorStatus({ queries, taxAuthority, statusFreshMs, now: clock }),
)

/** Runs one task. Whatever it throws is returned: on its way to the main thread an error would lose its class. */
export default function run(task: BusinessTask): Outcome {
  try {
    return { value: task.name === 'showStatus' ? controller.show(task.inn) : showHealth() }
  } catch (error) {
    return { error: carry(error) }
  }
}

function showHealth(): Health {
  queries.query('SELECT 1')
  return { status: 'ok', mode: 'threads' }
}

function blockingly(call: BlockingCall): unknown {
  const answer = ask(channel, call)
  now = answer.now
  if ('error' in answer) throw unpack(answer.error)
  return answer.value
}
