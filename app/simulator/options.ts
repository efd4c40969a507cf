import { parseArgs } from 'node:util'
import { type Behaviour, changedBehaviour, defaultBehaviour, modeMeanings } from './behaviour.ts'

export interface SimulatorOptions {
  readonly isHelpWanted: boolean
  readonly ports: Ports
  readonly isPortChosen: boolean
  readonly behaviour: Behaviour
}

interface Ports {
  readonly taxAuthority: number
  readonly bank: number
  readonly notifications: number
}

const defaultPort = 3001
const highestPort = 65_535

export const simulatorHelp = `Simulators of the tax authority, the bank and the notification service, on a port each.

  --port N            port of the tax authority (SIMULATOR_PORT, default ${defaultPort}); the bank and the
                      notifications take the next two; 0 takes any free ones
  --mode NAME         how they behave (SIMULATOR_MODE, default ${defaultBehaviour.mode}):
${modeLines()}
  --latency-ms N      time before every answer (SIMULATOR_LATENCY_MS, default ${defaultBehaviour.latencyMs})
  --failure-rate N    share of HTTP 500, from 0 to 1 (SIMULATOR_FAILURE_RATE, default ${defaultBehaviour.failureRate})
  --loss-rate N       share of questions that are done, but whose answer is lost
                      (SIMULATOR_LOSS_RATE, default ${defaultBehaviour.lossRate})

On each port, GET /ledger shows everything that was done there, GET /control shows the behaviour and counts,
PUT /control changes it, and can set \`crowd\` as well: nobody is answered until so many are asking at once.
  curl -s -X PUT http://127.0.0.1:${defaultPort}/control -d '{"latencyMs":50,"failureRate":0.2}'
`

/** Flags come before environment variables, and those before the defaults. Throws a `RangeError` or `TypeError`. */
export function readSimulatorOptions(
  flags: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): SimulatorOptions {
  const { values } = parseArgs({
    args: [...flags],
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      port: { type: 'string' },
      mode: { type: 'string' },
      'latency-ms': { type: 'string' },
      'failure-rate': { type: 'string' },
      'loss-rate': { type: 'string' },
    },
  })
  const port = values.port ?? env.SIMULATOR_PORT
  const mode = values.mode ?? env.SIMULATOR_MODE
  const latencyMs = values['latency-ms'] ?? env.SIMULATOR_LATENCY_MS
  const failureRate = values['failure-rate'] ?? env.SIMULATOR_FAILURE_RATE
  const lossRate = values['loss-rate'] ?? env.SIMULATOR_LOSS_RATE
  return {
    isHelpWanted: values.help,
    ports: portsFrom(port ? checkedPort(port) : defaultPort),
    isPortChosen: Boolean(port),
    behaviour: changedBehaviour(defaultBehaviour, {
      ...(mode && { mode }),
      ...(latencyMs && { latencyMs: numberOrText(latencyMs) }),
      ...(failureRate && { failureRate: numberOrText(failureRate) }),
      ...(lossRate && { lossRate: numberOrText(lossRate) }),
    }),
  }
}

function modeLines(): string {
  return Object.entries(modeMeanings)
    .map(([mode, meaning]) => `                        ${mode.padEnd(10)}${meaning}`)
    .join('\n')
}

function portsFrom(port: number): Ports {
  const after = (step: number): number => (port === 0 ? 0 : port + step)
  return { taxAuthority: port, bank: after(1), notifications: after(2) }
}

/** The first of three in a row. */
function checkedPort(text: string): number {
  const port = numberOrText(text)
  const most = highestPort - 2
  if (typeof port === 'number' && Number.isInteger(port) && port >= 0 && port <= most) return port
  throw new RangeError(`The port must be a whole number from 0 to ${most}, but it is "${text}".`)
}

/** Text that is no number stays as it is, for the message which refuses it to show. */
function numberOrText(text: string): number | string {
  const value = Number(text)
  return text.trim() === '' || Number.isNaN(value) ? text : value
}
