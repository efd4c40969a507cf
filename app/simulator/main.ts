import { listenOnFreePort, PortTakenError } from '../src/listening.ts'
import { readSimulatorOptions, simulatorHelp } from './options.ts'
import { Simulator } from './simulator.ts'

async function main(): Promise<void> {
  const options = readSimulatorOptions(process.argv.slice(2), process.env)
  if (options.isHelpWanted) return console.log(simulatorHelp)
  const simulator = new Simulator(options.behaviour)
  await listenOnFreePort({
    name: 'simulator',
    port: options.port,
    isPortChosen: options.isPortChosen,
    listen: (port) => simulator.listen(port),
    say: console.log,
  })
  if (process.send) runForParent(simulator)
  else runAlone(simulator)
}

/** The parent decides when to stop: a Ctrl-C reaches us first, while the service still asks. */
function runForParent(simulator: Simulator): void {
  process.on('SIGINT', () => undefined)
  process.once('disconnect', () => simulator.close())
  process.send?.({ url: simulator.url })
}

function runAlone(simulator: Simulator): void {
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => simulator.close())
  console.log(
    `The simulator of the tax authority listens at ${simulator.url}; --help shows its modes.`,
  )
}

try {
  await main()
} catch (error) {
  const isUsersToMend =
    error instanceof PortTakenError || error instanceof RangeError || error instanceof TypeError
  console.error(isUsersToMend ? error.message : error)
  process.exitCode = 1
}
