import fc, { type Arbitrary } from 'fast-check'
import {
  CAPACITIES,
  type Case,
  delay,
  limit,
  mapped,
  type Program,
  type Step,
} from './life-program.ts'

type Choice = { weight: number; arbitrary: Arbitrary<Step> }

/** Many threads that want the same thing at the same time: rare in programs that do everything. */
export function contests(): Arbitrary<Case> {
  return fc.oneof(
    contest(use('lock')),
    contest(use('rlock')),
    contest(use('semaphore')),
    contest([
      ...use('notices'),
      { weight: 4, arbitrary: plain('notice') },
      { weight: 2, arbitrary: plain('notify') },
    ]),
    contest([
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('event' as const), limitMs }) },
      { weight: 3, arbitrary: plain('set', 'set', 'clear') },
    ]),
    contest([{ weight: 6, arbitrary: fc.record({ kind: fc.constant('meet' as const), limitMs }) }]),
    contest([{ weight: 6, arbitrary: mapped(errand) }]),
    ...CAPACITIES.map((_, channel) => contest(transfers(channel))),
  )
}

/** What a thread of the pool does for one item. */
const errand: Arbitrary<Program> = fc.array<Step>(
  fc.oneof(
    fc.record({ kind: fc.constant('sleep' as const), ms: delay }),
    plain('hop', 'yield', 'throw'),
    fc.record({ kind: fc.constant('cancel' as const), thread: fc.nat(9) }),
  ),
  { maxLength: 3 },
)

const limitMs = fc.option(delay, { nil: undefined, freq: 3 })

function contest(choices: Choice[]): Arbitrary<Case> {
  const { program } = fc.letrec<{ program: Program; step: Step }>((tie) => ({
    program: fc.array(tie('step'), { minLength: 1, maxLength: 4, depthIdentifier: 'program' }),
    step: fc.oneof(
      { depthIdentifier: 'program', depthSize: 'small' },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('sleep' as const), ms: delay }) },
      ...choices,
      { weight: 1, arbitrary: plain('yield', 'hop', 'throw') },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant('cancel' as const), thread: fc.nat(9) }),
      },
      { weight: 1, arbitrary: limit(tie('program')) },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constantFrom('swallow', 'shield'),
          body: tie('program'),
        }),
      },
    ),
  }))
  return fc.record({
    bodies: fc.array(program, { minLength: 2, maxLength: 7 }),
    ending: fc.constantFrom('cancel', 'open'),
  })
}

function use(guard: 'lock' | 'rlock' | 'semaphore' | 'notices'): Choice[] {
  const inside: Arbitrary<Step> = fc.oneof(
    fc.record({ kind: fc.constant('sleep' as const), ms: delay }),
    fc.record({ kind: fc.constant('cancel' as const), thread: fc.nat(9) }),
    plain('hop', guard === 'notices' ? 'notify' : 'yield'),
  )
  const body = fc.array(inside, { maxLength: 3 })
  return [
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('use' as const),
        guard: fc.constant(guard),
        body,
        limitMs,
      }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'background', guard }) },
  ]
}

function transfers(channel: number): Choice[] {
  return [
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constantFrom('send', 'receive'),
        channel: fc.constant(channel),
        limitMs,
      }),
    },
  ]
}

function plain<K extends string>(...kinds: K[]): Arbitrary<{ kind: K }> {
  return fc.record({ kind: fc.constantFrom(...kinds) })
}
