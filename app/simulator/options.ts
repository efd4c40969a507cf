import { parseArgs } from 'node:util'
import { type Behaviour, changedBehaviour, defaultBehaviour, modeMeanings } from './behaviour.ts'

export interface SimulatorOptions {
  readonly isHelpWanted: boolean
  readonly port: number
  readonly isPortChosen: boolean
  readonly behaviour: Behaviour
}

const defaultPort = 3001

export const simulatorHelp = `A simulator of the tax authority's status service.

  --port N            port to listen on (SIMULATOR_PORT, default ${defaultPort}; 0 takes any free one)
  --mode NAME         how it behaves (SIMULATOR_MODE, default ${defaultBehaviour.mode}):
${modeLines()}
  --latency-ms N      time before every answer (SIMULATOR_LATENCY_MS, default ${defaultBehaviour.latencyMs})
  --failure-rate N    share of HTTP 500, from 0 to 1 (SIMULATOR_FAILURE_RATE, default ${defaultBehaviour.failureRate})

While it runs, GET /control shows the behaviour and counts, PUT /control changes it, and can set
\`crowd\` as well: nobody is answered until so many are asking at once.
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
    },
  })
  const port = values.port ?? env.SIMULATOR_PORT
  const mode = values.mode ?? env.SIMULATOR_MODE
  const latencyMs = values['latency-ms'] ?? env.SIMULATOR_LATENCY_MS
  const failureRate = values['failure-rate'] ?? env.SIMULATOR_FAILURE_RATE
  return {
    isHelpWanted: values.help,
    port: port ? checkedPort(port) : defaultPort,
    isPortChosen: Boolean(port),
    behaviour: changedBehaviour(defaultBehaviour, {
      ...(mode && { mode }),
      ...(latencyMs && { latencyMs: numberOrText(latencyMs) }),
      ...(failureRate && { failureRate: numberOrText(failureRate) }),
    }),
  }
}

function modeLines(): string {
  return Object.entries(modeMeanings)
    .map(([mode, meaning]) => `                        ${mode.padEnd(10)}${meaning}`)
    .join('\n')
}

function checkedPort(text: string): number {
  const port = numberOrText(text)
  if (typeof port === 'number' && Number.isInteger(port) && port >= 0 && port <= 65535) return port
  throw new RangeError(`The port must be a whole number from 0 to 65535, but it is "${text}".`)
}

/** Text that is no number stays as it is, for the message which refuses it to show. */
function numberOrText(text: string): number | string {
  const value = Number(text)
  return text.trim() === '' || Number.isNaN(value) ? text : value
}
