import fc, { type Arbitrary } from 'fast-check'
import { delay } from './life-program.ts'

export type Step =
  | { readonly kind: 'sleep'; readonly ms: number }
  | { readonly kind: 'yield' | 'throw' }
  /** Goes on with the next step of its body whatever a step throws. */
  | { readonly kind: 'swallow' | 'shield'; readonly body: Program }
  | { readonly kind: 'try'; readonly body: Program; readonly cleanup: Program }
  /** A thread, by plain `spawn()` or by the innermost scope. */
  | { readonly kind: 'spawn' | 'start'; readonly body: Program }
  | ScopeStep
  | { readonly kind: 'cancelScope' }
  /** Any thread of the program. */
  | { readonly kind: 'cancel'; readonly thread: number }

export interface ScopeStep {
  readonly kind: 'scope'
  readonly body: Program
  readonly timeoutMs: number | undefined
  readonly limit: number | undefined
}

export type Program = readonly Step[]

/** Two of these, before anything waits, are how a scope gets several failures. */
const failing: Program = [{ kind: 'throw' }]

/** @param interruptions whether threads, scopes and time interrupt others; failures always do. */
export function programs(interruptions: boolean): Arbitrary<Program[]> {
  const { program } = fc.letrec<{ program: Program; step: Step }>((tie) => ({
    program: fc.array(tie('step'), { maxLength: 5, depthIdentifier: 'program' }),
    step: fc.oneof(
      { depthIdentifier: 'program', depthSize: 'medium' },
      {
        weight: 3,
        arbitrary: fc.record({ kind: fc.constant('sleep' as const), ms: delay }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('yield', 'throw') }) },
      { weight: 1, arbitrary: fc.constant({ kind: 'spawn', body: failing }) },
      {
        weight: 4,
        arbitrary: fc.record({
          kind: fc.constantFrom('spawn', 'start'),
          body: tie('program'),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constant('scope' as const),
          body: tie('program'),
          timeoutMs: interruptions ? fc.option(delay, { nil: undefined }) : fc.constant(undefined),
          limit: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
        }),
      },
      ...(interruptions ? interrupting(tie('program')) : []),
    ),
  }))
  return fc.array(program, { minLength: 1, maxLength: 3 })
}

function interrupting(body: Arbitrary<Program>): { weight: number; arbitrary: Arbitrary<Step> }[] {
  return [
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('swallow', 'shield'), body }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('try' as const), body, cleanup: body }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'cancelScope' }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('cancel' as const), thread: fc.nat(9) }),
    },
  ]
}
