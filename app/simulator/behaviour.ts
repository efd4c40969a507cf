/** How a neighbour behaves until it is told otherwise. */
export interface Behaviour {
  readonly mode: Mode
  readonly latencyMs: number
  /** Share of the questions, from 0 to 1, that get HTTP 500. */
  readonly failureRate: number
  /** Share of the questions, from 0 to 1, that are done, but whose answer is lost. */
  readonly lossRate: number
  /** Nobody is answered until so many are asking at once. */
  readonly crowd: number
}

export const modeMeanings = {
  answer: 'answers as the real one does',
  error: 'HTTP 500',
  busy: 'HTTP 429 with Retry-After: 7',
  garbage: 'HTTP 200 with a page instead of JSON',
  nonsense: 'HTTP 200 with JSON of another shape',
  flood: 'HTTP 200 with an endless body',
  stall: 'headers and half a body, then silence',
  hang: 'takes the question and never answers',
  lose: 'does what it is asked, and closes the connection without an answer',
  drop: 'closes the connection without an answer',
} as const

export type Mode = keyof typeof modeMeanings

export const modes: readonly Mode[] = Object.keys(modeMeanings) as Mode[]

export const defaultBehaviour: Behaviour = {
  mode: 'answer',
  latencyMs: 500,
  failureRate: 0,
  lossRate: 0,
  crowd: 1,
}

const mostLatencyMs = 600_000
const mostCrowd = 1_000_000

/** `behaviour` with the changes in `wanted`. Throws a `RangeError` that says what is wrong with them. */
export function changedBehaviour(behaviour: Behaviour, wanted: unknown): Behaviour {
  if (typeof wanted !== 'object' || wanted === null || Array.isArray(wanted)) {
    throw new RangeError('Give a JSON object, for example {"mode":"hang"} or {"latencyMs":50}.')
  }
  let changed = behaviour
  for (const [name, value] of Object.entries(wanted))
    changed = { ...changed, ...setting(name, value) }
  return changed
}

function setting(name: string, value: unknown): Partial<Behaviour> {
  switch (name) {
    case 'mode':
      return { mode: checkedMode(value) }
    case 'latencyMs':
      return { latencyMs: checkedNumber(name, value, mostLatencyMs) }
    case 'failureRate':
    case 'lossRate':
      return { [name]: checkedNumber(name, value, 1) }
    case 'crowd':
      return { crowd: checkedNumber(name, value, mostCrowd) }
    default:
      throw new RangeError(
        `There is no setting ${name}: there are ${Object.keys(defaultBehaviour).join(', ')}.`,
      )
  }
}

function checkedMode(value: unknown): Mode {
  const mode = modes.find((candidate) => candidate === value)
  if (mode !== undefined) return mode
  throw new RangeError(
    `mode must be one of ${modes.join(', ')}, but it is ${JSON.stringify(value)}.`,
  )
}

function checkedNumber(name: string, value: unknown, most: number): number {
  if (typeof value === 'number' && value >= 0 && value <= most) return value
  throw new RangeError(
    `${name} must be a number from 0 to ${most}, but it is ${JSON.stringify(value)}.`,
  )
}
