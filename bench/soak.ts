import { parseArgs } from 'node:util'
import { startService, startSimulator } from './harness/service.ts'
import type { SoakSample } from './soak/flatness.ts'
import { soak } from './soak/soak-run.ts'

const help = `npm run bench:soak -- [--seconds N]   the service under mixed load for N seconds (default 1800)

Answers, mistakes, failures of the upstream, and clients who go away. Memory, suspended threads, connections,
descriptors and response times have to stay flat; otherwise it fails.`

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '1800' },
    help: { type: 'boolean', default: false },
  },
})

const upstreamMs = 50
const failureRate = 0.02
const progressEvery = 10

if (values.help) console.log(help)
else await main(secondsOf(values.seconds))

async function main(seconds: number): Promise<void> {
  const simulator = await startSimulator(upstreamMs, failureRate)
  try {
    const service = await startService({
      TAX_URL: simulator.url,
      TAX_CONNECTIONS: '20',
      STATUS_FRESH_MS: '0',
      LOG_LEVEL: 'silent',
      CLIENT_REQUESTS_PER_SECOND: '0',
      // So that failures of the upstream reach the users.
      BREAKER_CALLS: '0',
      UPSTREAM_RETRIES: '0',
    })
    service.process.stdout?.resume()
    try {
      const findings = await soak(service, seconds, showProgress)
      for (const { what, isWell, figures } of findings) {
        console.log(`${isWell ? '✔' : '✖'} ${what}${figures === '' ? '' : `: ${figures}`}`)
      }
      const failed = findings.filter(({ isWell }) => !isWell).length
      console.log(`${findings.length - failed} passed, ${failed} failed`)
      if (failed > 0) process.exitCode = 1
    } finally {
      await service.stop()
    }
  } finally {
    await simulator.stop()
  }
}

function showProgress(second: number, sample: SoakSample): void {
  if (second % progressEvery !== 0) return
  const { memoryMegabytes, descriptors, suspendedThreads, p99Ms } = sample
  process.stderr.write(
    `${second} s: ${memoryMegabytes.toFixed(0)} MB, ${descriptors} descriptors, ` +
      `${suspendedThreads} threads suspended, p99 ${p99Ms.toFixed(0)} ms\n`,
  )
}

function secondsOf(text: string): number {
  const seconds = Number(text)
  if (Number.isInteger(seconds) && seconds >= 15) return seconds
  throw new RangeError(`--seconds must be a whole number from 15 on, but it is "${text}".`)
}
