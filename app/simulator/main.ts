import { listenOnFreePort } from '../src/listening.ts'
import type { CrowdOrder } from '../src/observability/crowd.ts'
import type { CrowdReport } from '../src/simulator-process.ts'
import { StartError } from '../src/start-error.ts'
import { LocalCrowd } from './local-crowd.ts'
import { Neighbours } from './neighbours.ts'
import { readSimulatorOptions, type SimulatorOptions, simulatorHelp } from './options.ts'

const reportPeriodMs = 500

async function main(): Promise<void> {
  const options = readSimulatorOptions(process.argv.slice(2), process.env)
  if (options.isHelpWanted) return console.log(simulatorHelp)
  const neighbours = new Neighbours({ behaviour: options.behaviour })
  try {
    await listen(neighbours, options)
  } catch (error) {
    // Those that listen already would keep the process alive.
    await neighbours.close()
    throw error
  }
  if (process.send) runForParent(neighbours)
  else runAlone(neighbours)
}

async function listen(neighbours: Neighbours, { ports, isPortChosen }: SimulatorOptions) {
  const { taxAuthority, bank, notifications } = neighbours
  for (const [name, neighbour, port] of [
    ['tax authority', taxAuthority, ports.taxAuthority],
    ['bank', bank, ports.bank],
    ['notifications', notifications, ports.notifications],
  ] as const) {
    await listenOnFreePort({
      name: `simulator (${name})`,
      port,
      isPortChosen,
      listen: (candidate) => neighbour.listen(candidate),
      say: console.log,
    })
  }
}

/** The parent decides when to stop: a Ctrl-C reaches us first, while the service still asks. */
function runForParent(neighbours: Neighbours): void {
  const crowd = new LocalCrowd(neighbours.taxAuthority)
  const reports = setInterval(() => report(crowd), reportPeriodMs)
  process.on('SIGINT', () => undefined)
  process.on('message', (order) => crowd.order(order as CrowdOrder))
  process.once('disconnect', () => {
    clearInterval(reports)
    crowd.close()
    neighbours.close()
  })
  process.send?.(neighbours.urls)
}

function report(crowd: LocalCrowd): void {
  const message: CrowdReport = { crowd: crowd.figures }
  if (process.connected) process.send?.(message)
}

function runAlone(neighbours: Neighbours): void {
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => neighbours.close())
  const { taxUrl, bankUrl, notificationsUrl } = neighbours.urls
  console.log(`The simulators listen; --help shows their modes.

  tax authority   ${taxUrl}
  bank            ${bankUrl}
  notifications   ${notificationsUrl}`)
}

try {
  await main()
} catch (error) {
  const isUsersToMend =
    error instanceof StartError || error instanceof RangeError || error instanceof TypeError
  console.error(isUsersToMend ? error.message : error)
  process.exitCode = 1
}
