import { demoContractors } from '@greenthreads/app/demo-contractors'
import { apiKey } from '../harness/service.ts'
import { quantile } from '../harness/statistics.ts'
import type { CrowdSettings } from './crowd-of-users.ts'
import { type ProcessMeeting, UsersProcess } from './users-process.ts'

/** What the users and the front have met in one step. */
export interface StepMeeting {
  readonly users: number
  readonly seconds: number
  readonly answered: number
  readonly perSecond: number
  readonly avgMs: number | null
  readonly p99Ms: number | null
  /** Requests that are not answered yet. */
  readonly waiting: number
  readonly refused: number
  readonly errors: Record<string, number>
  readonly frontAsked: number
  readonly frontP99Ms: number
  readonly frontErrors: Record<string, number>
  /** The latest event loop among the processes of users. */
  readonly lateMs: number
}

const usersPerProcess = 5000
const joinPerSecond = 500
const inns = demoContractors(250).map(({ inn }) => inn)

/** All users of the service under load, in several processes, and the front: ten users of a cheap page. */
export class Users {
  readonly #crowds: UsersProcess[]
  readonly #front: UsersProcess

  constructor(url: string, mostUsers: number) {
    const { hostname: host, port } = new URL(url)
    const settings = (index: number): CrowdSettings => ({
      target: { host, port: Number(port), localAddress: `127.0.0.${index + 2}` },
      paths: inns.map((inn) => `/contractors/${inn}/status`),
      headers: { authorization: `Bearer ${apiKey}` },
      pauseMs: 0,
      patienceMs: 600_000,
    })
    const processes = Math.max(1, Math.ceil(mostUsers / usersPerProcess))
    this.#crowds = Array.from({ length: processes }, (_, index) => {
      return new UsersProcess(settings(index))
    })
    this.#front = new UsersProcess({
      ...settings(processes),
      paths: ['/health'],
      pauseMs: 50,
      patienceMs: 10_000,
    })
  }

  async startFront(): Promise<void> {
    await this.#front.grow(10, 100)
  }

  /** Lets users join, then has all of them ask for so long. The time in which they join counts for the front. */
  async step(users: number, measuredMs: number): Promise<StepMeeting> {
    const share = Math.ceil(users / this.#crowds.length)
    const perSecond = joinPerSecond / this.#crowds.length
    await Promise.all(this.#crowds.map((crowd) => crowd.grow(share, perSecond)))
    await Promise.all(this.#crowds.map((crowd) => crowd.take()))
    const startedAt = performance.now()
    await new Promise((resolve) => setTimeout(resolve, measuredMs))
    const meetings = await Promise.all(this.#crowds.map((crowd) => crowd.take()))
    const seconds = (performance.now() - startedAt) / 1000
    return summary(meetings, await this.#front.take(), seconds)
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#crowds, this.#front].map((process) => process.stop()))
  }
}

function summary(
  meetings: readonly ProcessMeeting[],
  front: ProcessMeeting,
  seconds: number,
): StepMeeting {
  const latencies = meetings.flatMap(({ latenciesMs }) => latenciesMs)
  // A request of the front that still waits has taken at least that long.
  const frontLatencies = [...front.latenciesMs, ...front.waitingMs.filter((ms) => ms >= 1000)]
  return {
    users: sum(meetings.map(({ users }) => users)),
    seconds,
    answered: latencies.length,
    perSecond: latencies.length / seconds,
    avgMs: latencies.length === 0 ? null : sum(latencies) / latencies.length,
    p99Ms: latencies.length === 0 ? null : quantile(latencies, 0.99),
    waiting: sum(meetings.map(({ waitingMs }) => waitingMs.length)),
    refused: sum(meetings.map(({ refused }) => refused)),
    errors: added(meetings.map(({ errors }) => errors)),
    frontAsked: frontLatencies.length,
    frontP99Ms: frontLatencies.length === 0 ? Number.MAX_VALUE : quantile(frontLatencies, 0.99),
    frontErrors: front.refused > 0 ? { ...front.errors, 429: front.refused } : front.errors,
    lateMs: Math.max(...meetings.map(({ lateMs }) => lateMs)),
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function added(all: readonly Record<string, number>[]): Record<string, number> {
  const total: Record<string, number> = {}
  for (const [error, count] of all.flatMap((errors) => Object.entries(errors))) {
    total[error] = (total[error] ?? 0) + count
  }
  return total
}
