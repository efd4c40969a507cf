import fc, { type Arbitrary } from 'fast-check'

/** A step of a program that can be carried out by async code and by green threads. */
export type Step =
  /** Waits for a promise that settles after so many microtasks. */
  | { readonly kind: 'hops' | 'fail'; readonly count: number }
  | { readonly kind: 'thenable' | 'turn' | 'throw' | 'return' }
  /** Leaves something in a queue, which must come to its turn in between. */
  | { readonly kind: 'microtask' | 'tick' }
  /** A promise that the threads share is settled, or waited for. */
  | { readonly kind: 'open' | 'break' | 'pass'; readonly gate: number }
  | { readonly kind: 'all' | 'race' | 'any' }
  | { readonly kind: 'call' | 'through'; readonly body: Program }
  | { readonly kind: 'map'; readonly body: Program; readonly count: number }
  | Attempt
  | { readonly kind: 'fork' | 'convert'; readonly body: Program }
  /** Waits for a child, counted from the last one. */
  | { readonly kind: 'join'; readonly child: number }

export interface Attempt {
  readonly kind: 'try'
  readonly body: Program
  /** Without one, what is thrown passes. */
  readonly handler: Program | undefined
  readonly cleanup: Program
}

export type Program = readonly Step[]

export const GATES = 3

/** @param breaks whether gates are also broken, so that it depends on the order what a thread sees. */
export function programs(breaks: boolean): Arbitrary<Program[]> {
  const { program } = fc.letrec<{ program: Program; step: Step }>((tie) => ({
    program: fc.array(tie('step'), { maxLength: 6, depthIdentifier: 'program' }),
    step: fc.oneof(
      { depthIdentifier: 'program', depthSize: 'small' },
      plain('turn', 'thenable', 'microtask', 'tick'),
      fc.record({ kind: fc.constantFrom('hops' as const), count: fc.nat(4) }),
      fc.record({ kind: fc.constantFrom('fail' as const), count: fc.nat(3) }),
      fc.record({
        kind: fc.constantFrom('open', 'pass', breaks ? 'break' : 'pass'),
        gate: fc.nat(GATES - 1),
      }),
      plain('all', 'race', 'any'),
      plain('throw', 'return'),
      fc.record({ kind: fc.constantFrom('join' as const), child: fc.nat(3) }),
      fc.record({ kind: fc.constantFrom('call', 'through'), body: tie('program') }),
      fc.record({ kind: fc.constant('map' as const), body: tie('program'), count: fc.nat(3) }),
      fc.record({
        kind: fc.constant('try' as const),
        body: tie('program'),
        handler: fc.option(tie('program'), { nil: undefined }),
        cleanup: tie('program'),
      }),
      {
        weight: 3,
        arbitrary: fc.record({ kind: fc.constantFrom('fork', 'convert'), body: tie('program') }),
      },
    ),
  }))
  return fc.array(program, { minLength: 1, maxLength: 4 })
}

function plain<K extends string>(...kinds: K[]): Arbitrary<{ kind: K }> {
  return fc.record({ kind: fc.constantFrom(...kinds) })
}
