import { toAsync, wait } from 'greenthreads'
import { type Config, ConfigError, configHelp, readConfig } from './config.ts'
import { listenOnFreePort } from './listening.ts'
import type { Crowd } from './observability/crowd.ts'
import { Service } from './service.ts'
import { type NeighbourUrls, SimulatorProcess } from './simulator-process.ts'
import { StartError } from './start-error.ts'
import { startingText } from './starting-text.ts'
import { stopSignal } from './stop-signal.ts'

const help = `The payments service: answers which contractors may be paid as self-employed people.

  npm start                     the service with simulators of its neighbours
  npm start -- --help           this text

Settings are environment variables, every one of which may be left out:
${configHelp()}

The simulators have settings of their own: npm run simulator -w app -- --help
`

// Clients whose connections the loop has not accepted yet: when a crowd comes at once, the usual 511 are full
// within a moment, and the system resets what comes later. It caps this at its own limit (somaxconn).
const connectionBacklog = 4096

function main(options: readonly string[]): void {
  if (options.includes('--help') || options.includes('-h')) {
    console.log(help)
  } else if (options.length > 0) {
    throw new ConfigError(`There is no option ${options.join(' ')}; --help shows what there is.`)
  } else {
    run(readConfig(process.env))
  }
}

/** Starts everything, waits for the signal to stop, and stops everything in the opposite order. */
function run(config: Config): void {
  const stop = stopSignal()
  const { taxUrl, payments } = config
  const { bankUrl, notificationsUrl } = payments
  if (taxUrl === undefined || bankUrl === undefined || notificationsUrl === undefined) {
    serveSimulated(config, stop)
  } else {
    serve(config, { taxUrl, bankUrl, notificationsUrl }, stop)
  }
}

/** With simulators in place of those neighbours that no setting names. */
function serveSimulated(config: Config, stop: Promise<string>): void {
  const simulator = wait(SimulatorProcess.start())
  try {
    const { taxUrl, bankUrl, notificationsUrl } = simulator.urls
    const urls = {
      taxUrl: config.taxUrl ?? taxUrl,
      bankUrl: config.payments.bankUrl ?? bankUrl,
      notificationsUrl: config.payments.notificationsUrl ?? notificationsUrl,
    }
    serve(config, urls, stop, simulator)
  } finally {
    wait(simulator.stop())
  }
}

function serve(config: Config, urls: NeighbourUrls, stop: Promise<string>, crowd?: Crowd): void {
  const isDemonstration = config.taxUrl === undefined || config.databaseUrl === undefined
  const service = Service.open({
    ...config,
    taxUrl: urls.taxUrl,
    payments: { ...config.payments, ...urls },
    isDemonstration,
    crowd,
  })
  try {
    wait(
      listenOnFreePort({
        name: 'service',
        port: config.port,
        isPortChosen: config.isPortChosen,
        listen: (port) =>
          service.server.listen({ host: config.host, port, backlog: connectionBacklog }),
        say: console.log,
      }),
    )
    console.log(startingText(service, config, urls))
    console.log(`\n${wait(stop)}: the requests under way are finished, then everything stops.`)
  } finally {
    service.close()
  }
}

// What a failure has left open, because closing it failed as well, must not keep a process alive that serves nobody.
const mostEndingMs = 15_000

try {
  await toAsync(main)(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof StartError ? error.message : error)
  process.exitCode = 1
  setTimeout(() => process.exit(), mostEndingMs).unref()
}
