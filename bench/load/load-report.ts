import type { LoadMode, ScenarioRun, Step } from './scenario.ts'

export interface ModeFigures {
  /** Of the slow upstream, whose connections are not capped. */
  readonly maxRps: number
  /** Of the users of the response times. */
  readonly users: number
  readonly avgMs: number
  readonly p99Ms: number
  /** Of the capped upstream: the most users at which nobody was denied service, and the front's p99 there. */
  readonly usersBeforeDenial: number
  readonly frontP99Ms: number
  /** Why service was denied at the next number of users; null when there was no next one. */
  readonly denial: string | null
  /** The most memory up to there, in both scenarios. */
  readonly peakRssBytes: number
  /** By how much memory grew for each user who waits; null where so few waited that it can't be told. */
  readonly bytesPerWaitingUser: number | null
}

export interface LoadReport {
  readonly suite: 'load'
  readonly node: string
  readonly backend: string
  readonly modes: Partial<Record<LoadMode, ModeFigures>>
  readonly runs: readonly ScenarioRun[]
  /** What the reader has to know about this run. */
  readonly notes: readonly string[]
}

const nearlyAll = 0.95
const fewestWaiting = 1000
const lateLimitMs = 100

export interface ModeRuns {
  readonly slow: ScenarioRun
  readonly capped: ScenarioRun
}

export function figuresOf(runs: ReadonlyMap<LoadMode, ModeRuns>): LoadReport['modes'] {
  const most = Math.max(...[...runs.values()].map(({ slow }) => bestOf(passed(slow))?.users ?? 0))
  const figures: Partial<Record<LoadMode, ModeFigures>> = {}
  for (const [mode, { slow, capped }] of runs) figures[mode] = figuresOfMode(slow, capped, most)
  return figures
}

/**
 * @param mostUsers at which response times are taken, as in a closed loop they grow with the users; of a
 *   mode that does not come so far, at its own best.
 */
function figuresOfMode(slow: ScenarioRun, capped: ScenarioRun, mostUsers: number): ModeFigures {
  const steps = passed(slow)
  const timed = steps.find(({ users }) => users === mostUsers) ?? bestOf(steps)
  const held = passed(capped)
  const last = held.at(-1)
  return {
    maxRps: Math.max(0, ...steps.map(({ perSecond }) => perSecond)),
    users: timed?.users ?? 0,
    avgMs: timed?.avgMs ?? 0,
    p99Ms: timed?.p99Ms ?? 0,
    usersBeforeDenial: last?.users ?? 0,
    frontP99Ms: last?.frontP99Ms ?? 0,
    denial: capped.steps.at(-1)?.denied ?? null,
    peakRssBytes: Math.max(
      slow.idleBytes,
      ...[...steps, ...held].map(({ residentBytes }) => residentBytes),
    ),
    bytesPerWaitingUser: bytesPerWaitingUser(held),
  }
}

/** For whoever reads the figures: where the load generator may have been what was measured. */
export function notesOf(runs: readonly ScenarioRun[], mostUsers: number): string[] {
  const notes = [
    `The memory limit is kept by reading resident memory ten times a second and ending the process above it, with V8's heap at 640 MB.`,
    `One process may have so many descriptors that ${mostUsers} users are the most that can be tried.`,
  ]
  for (const { scenario, mode, steps } of runs) {
    for (const { users, lateMs } of steps.filter((step) => step.lateMs > lateLimitMs)) {
      notes.push(
        `${scenario}, ${mode}, ${users} users: the load generator itself was ${Math.round(lateMs)} ms late (p99).`,
      )
    }
  }
  return notes
}

export function passed({ steps }: ScenarioRun): Step[] {
  return steps.filter(({ denied }) => denied === null)
}

/** The fewest users that nearly reach the highest throughput: more of them only wait longer. */
function bestOf(steps: readonly Step[]): Step | undefined {
  const most = Math.max(...steps.map(({ perSecond }) => perSecond))
  return steps.find(({ perSecond }) => perSecond >= most * nearlyAll)
}

function bytesPerWaitingUser(steps: readonly Step[]): number | null {
  const [first, last] = [steps[0], steps.at(-1)]
  if (first === undefined || last === undefined) return null
  const waiting = last.waiting - first.waiting
  return waiting < fewestWaiting ? null : (last.residentBytes - first.residentBytes) / waiting
}
