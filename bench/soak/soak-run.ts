import { demoContractors } from '@greenthreads/app/demo-contractors'
import { apiKey, type Served } from '../harness/service.ts'
import { quantile } from '../harness/statistics.ts'
import { CrowdOfUsers } from '../load/crowd-of-users.ts'
import { isAlive } from '../load/memory-watch.ts'
import { type Finding, flatness, type SoakSample } from './flatness.ts'
import { Quitters } from './quitters.ts'
import { type VitalSigns, vitalSigns } from './vital-signs.ts'

const users = 40
const mistakenUsers = 10
const quitters = 10
const mostQuietMs = 30_000
const inns = demoContractors(250).map(({ inn }) => inn)
const statusPaths = inns.map((inn) => `/contractors/${inn}/status`)
/** Mistyped, too short, unknown, astray. */
const mistakes = ['770110000399', '7701', '500100732259', 'nonsense'].map((inn) => {
  return `/contractors/${inn}/status`
})
/** What may happen: mistakes of clients, what the upstream does to them, and refusals. */
const expectedStatuses: readonly string[] = ['HTTP 400', 'HTTP 404', 'HTTP 503']

/** Mixed load for so long: answers, errors and cancellations. What has to hold, and whether it did. */
export async function soak(
  service: Served,
  seconds: number,
  onSample: (second: number, sample: SoakSample) => void,
): Promise<Finding[]> {
  const { hostname: host, port } = new URL(service.url)
  const target = { host, port: Number(port), localAddress: '127.0.0.2' }
  const headers = { authorization: `Bearer ${apiKey}` }
  const settings = { target, headers, pauseMs: 20, patienceMs: 60_000 }
  const steady = new CrowdOfUsers({ ...settings, paths: statusPaths })
  const mistaken = new CrowdOfUsers({ ...settings, paths: [...mistakes, '/nowhere'] })
  const fickle = new Quitters(target, statusPaths, headers)
  const signs = (): Promise<VitalSigns> => vitalSigns(service.process, service.url, apiKey)

  const before = await signs()
  const crowds = [steady, mistaken]
  await Promise.all([steady.growTo(users, 100), mistaken.growTo(mistakenUsers, 100)])
  fickle.start(quitters)

  const samples: SoakSample[] = []
  const statuses: Record<string, number> = {}
  let answers = 0
  const end = performance.now() + seconds * 1000
  for (let second = 1; performance.now() < end; second++) {
    await pause(1000)
    const meetings = crowds.map((crowd) => crowd.take())
    for (const [status, count] of meetings.flatMap(({ errors }) => Object.entries(errors))) {
      statuses[status] = (statuses[status] ?? 0) + count
    }
    const latencies = meetings.flatMap(({ latenciesMs }) => latenciesMs)
    answers += latencies.length
    if (latencies.length === 0) continue
    const sample = { ...(await signs()), p99Ms: quantile(latencies, 0.99) }
    samples.push(sample)
    onSample(second, sample)
  }

  for (const crowd of crowds) crowd.stop()
  fickle.stop()
  const after = await quietSigns(signs, before)
  return [
    ...flatness(samples),
    ...expected(statuses),
    atLeast('users were answered', answers),
    atLeast('clients went away before their answer', fickle.quits),
    back('green threads', before.suspendedThreads, after.suspendedThreads, 0),
    // A little for connections to the upstream and the database that are kept.
    back('descriptors', before.descriptors, after.descriptors, 40),
    { what: 'the process lives', isWell: isAlive(service.process), figures: '' },
  ]
}

/** What is left when nobody asks any more: those that go away by themselves are given the time. */
async function quietSigns(
  signs: () => Promise<VitalSigns>,
  before: VitalSigns,
): Promise<VitalSigns> {
  const end = performance.now() + mostQuietMs
  let now = await signs()
  while (now.suspendedThreads > before.suspendedThreads && performance.now() < end) {
    await pause(500)
    now = await signs()
  }
  return now
}

function expected(statuses: Readonly<Record<string, number>>): Finding[] {
  const unexpected = Object.keys(statuses).filter((status) => !expectedStatuses.includes(status))
  const listed = Object.entries(statuses).map(([status, count]) => `${count} x ${status}`)
  return [
    {
      what: 'users get answers and expected errors only',
      isWell: unexpected.length === 0,
      figures: listed.join(', '),
    },
    ...expectedStatuses.map((status) => atLeast(`some got ${status}`, statuses[status] ?? 0)),
  ]
}

function atLeast(what: string, count: number): Finding {
  return { what, isWell: count > 0, figures: `${count}` }
}

function back(what: string, before: number, after: number, extra: number): Finding {
  return {
    what: `${what} are given back`,
    isWell: after <= before + extra,
    figures: `${before} before, ${after} after`,
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
