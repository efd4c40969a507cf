import { startService, startSimulator } from '../harness/service.ts'
import { createLoadDatabase } from './load-database.ts'
import { isAlive, MemoryWatch, mostDescriptors, openDescriptors } from './memory-watch.ts'
import { type StepMeeting, Users } from './users.ts'
import { whyDenied } from './verdict.ts'

export const loadModes = ['threads', 'green', 'async'] as const
export type LoadMode = (typeof loadModes)[number]

export interface Scenario {
  readonly name: 'slow upstream' | 'capped upstream'
  /** The most connections that the service may open towards the upstream. */
  readonly upstreamConnections: number
  /** Numbers of users, rising. */
  readonly ladder: readonly number[]
  readonly stepMs: number
}

export interface Step extends StepMeeting {
  readonly residentBytes: number
  readonly descriptors: number
  /** Why this counts as a denial of service; null when nobody was denied anything. */
  readonly denied: string | null
}

export interface ScenarioRun {
  readonly scenario: string
  readonly mode: LoadMode
  readonly idleBytes: number
  readonly peakBytes: number
  readonly steps: readonly Step[]
}

export const upstreamMs = 500
export const memoryLimitBytes = 1024 ** 3
const heapMegabytes = 640
const databaseConnections = 10
const settleMs = 2000

/** Runs the service in one mode while users join, until somebody is denied service or the ladder ends. */
export async function runScenario(
  scenario: Scenario,
  mode: LoadMode,
  onStep: (step: Step) => void,
): Promise<ScenarioRun> {
  const database = await createLoadDatabase()
  try {
    return await onDatabase(scenario, mode, database.url, onStep)
  } finally {
    await database.drop()
  }
}

async function onDatabase(
  scenario: Scenario,
  mode: LoadMode,
  databaseUrl: string,
  onStep: (step: Step) => void,
): Promise<ScenarioRun> {
  const simulator = await startSimulator(upstreamMs)
  try {
    const env = {
      ...unprotected,
      MODE: mode,
      TAX_URL: simulator.url,
      TAX_CONNECTIONS: `${scenario.upstreamConnections}`,
      DATABASE_URL: databaseUrl,
      DATABASE_CONNECTIONS: `${databaseConnections}`,
    }
    const service = await startService(env, [`--max-old-space-size=${heapMegabytes}`])
    // Nobody reads what it says from here on.
    service.process.stdout?.resume()
    const memory = new MemoryWatch(service.process, memoryLimitBytes)
    const users = new Users(service.url, scenario.ladder.at(-1) ?? 1)
    try {
      await users.startFront()
      await new Promise((resolve) => setTimeout(resolve, settleMs))
      const idleBytes = memory.residentBytes()
      const steps: Step[] = []
      for (const count of scenario.ladder) {
        const meeting = await users.step(count, scenario.stepMs)
        const step = complete(meeting, service.process, memory)
        steps.push(step)
        onStep(step)
        if (step.denied !== null) break
      }
      return { scenario: scenario.name, mode, idleBytes, peakBytes: memory.peakBytes, steps }
    } finally {
      memory.stop()
      await users.stop()
      if (isAlive(service.process)) await endOf(service.process)
    }
  } finally {
    await simulator.stop()
  }
}

/**
 * What the modes are compared without: every answer is asked of the upstream, a call may wait for as long as
 * the queue is, and nobody is refused for the sake of others.
 */
const unprotected = {
  STATUS_FRESH_MS: '0',
  TAX_TIMEOUT_MS: '600000',
  MAX_CONCURRENT: '1000000',
  CLIENT_REQUESTS_PER_SECOND: '0',
  UPSTREAM_QUEUE: '1000000',
  UPSTREAM_RETRIES: '0',
  BREAKER_CALLS: '0',
  HEADERS_TIMEOUT_MS: '600000',
  REQUEST_TIMEOUT_MS: '600000',
  LOG_LEVEL: 'fatal',
}

function complete(
  meeting: StepMeeting,
  process: Parameters<typeof isAlive>[0],
  memory: MemoryWatch,
): Step {
  const isLiving = isAlive(process)
  const step = {
    ...meeting,
    residentBytes: isLiving ? memory.residentBytes() : memory.peakBytes,
    descriptors: isLiving ? openDescriptors(process) : 0,
  }
  return { ...step, denied: whyDenied(step, { isLiving, isOverMemory: memory.hasKilled }) }
}

/** Users still wait for answers; nobody needs them any more. */
async function endOf(child: Parameters<typeof isAlive>[0]): Promise<void> {
  await new Promise((resolve) => {
    child.once('exit', resolve)
    child.kill('SIGKILL')
  })
}

/** The highest rung for which the service has descriptors: one for each user and each upstream connection. */
export function mostUsers(upstreamConnections: number): number {
  return mostDescriptors() - upstreamConnections - databaseConnections - 100
}
