import { toAsync, wait } from 'greenthreads'
import { type Config, ConfigError, configHelp, readConfig } from './config.ts'
import { listenOnFreePort, PortTakenError } from './listening.ts'
import { Service } from './service.ts'
import { SimulatorProcess } from './simulator-process.ts'
import { startingText } from './starting-text.ts'
import { stopSignal } from './stop-signal.ts'
import { DatabaseStartError } from './storage/connect.ts'

const help = `The payments service: answers which contractors may be paid as self-employed people.

  npm start                     the service with a simulator of the tax authority
  npm start -- --help           this text

Settings are environment variables, every one of which may be left out:
${configHelp()}

The simulator has settings of its own: npm run simulator -w app -- --help
`

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
  if (config.taxUrl === undefined) serveSimulated(config, stop)
  else serve(config, config.taxUrl, stop)
}

function serveSimulated(config: Config, stop: Promise<string>): void {
  const simulator = wait(SimulatorProcess.start())
  try {
    serve(config, simulator.url, stop)
  } finally {
    wait(simulator.stop())
  }
}

function serve(config: Config, taxUrl: string, stop: Promise<string>): void {
  const service = Service.open({ ...config, taxUrl })
  try {
    wait(
      listenOnFreePort({
        name: 'service',
        port: config.port,
        isPortChosen: config.isPortChosen,
        listen: (port) => service.server.listen({ host: config.host, port }),
        say: console.log,
      }),
    )
    console.log(startingText(service, taxUrl, config.taxUrl === undefined))
    console.log(`\n${wait(stop)}: the requests under way are finished, then everything stops.`)
  } finally {
    service.close()
  }
}

try {
  await toAsync(main)(process.argv.slice(2))
} catch (error) {
  console.error(isForUser(error) ? error.message : error)
  process.exitCode = 1
}

function isForUser(error: unknown): error is Error {
  return (
    error instanceof ConfigError ||
    error instanceof PortTakenError ||
    error instanceof DatabaseStartError
  )
}
