import { demoContractors } from '@greenthreads/app/demo-contractors'
import type { Request } from 'autocannon'
import { type Comparison, compare } from './harness/comparison.ts'
import { apiKey, startService, startSimulator } from './harness/service.ts'
import { type RunSettings, runSuite } from './harness/suite.ts'
import { type Answers, answersTo } from './harness/users.ts'

const users = 200
const upstreamMs = 500
const sampleMs = 4_000
const inns = demoContractors(users).map(({ inn }) => inn)

await runSuite('app', [
  { name: 'status-median', unit: 'ms', run: measure((answers) => answers.medianMs) },
  { name: 'status-p99', unit: 'ms', run: measure((answers) => answers.p99Ms) },
  { name: 'status-throughput', unit: 'req/s', run: measure((answers) => answers.perSecond) },
])

/**
 * 200 users of the payments service, whose upstream takes 500 ms; the peer is that upstream itself,
 * asked by the same users: what the service adds is the difference.
 */
function measure(figure: (answers: Answers) => number) {
  return async ({ rounds, scale }: RunSettings): Promise<Comparison> => {
    const simulator = await startSimulator(upstreamMs)
    try {
      // Every stored answer is stale at once, so that each request goes to the upstream.
      const service = await startService({
        TAX_URL: simulator.url,
        STATUS_FRESH_MS: '0',
      })
      try {
        const sample = (url: string, requests: Request[]) => async () =>
          figure(await answersTo(url, requests, Math.max(sampleMs * scale, 2_000)))
        return await compare(
          sample(service.url, inns.map(askService)),
          { upstream: sample(simulator.url, inns.map(askUpstream)) },
          { rounds: Math.ceil(rounds / 3), warmUps: 1 },
        )
      } finally {
        await service.stop()
      }
    } finally {
      await simulator.stop()
    }
  }
}

function askService(inn: string): Request {
  return {
    path: `/contractors/${inn}/status`,
    headers: { authorization: `Bearer ${apiKey}` },
  }
}

function askUpstream(inn: string): Request {
  return {
    method: 'POST',
    path: '/api/v1/tracker/taxpayer_status',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ inn, requestDate: '2026-01-01' }),
  }
}
