import fc, { type Arbitrary } from 'fast-check'

/** A step in the life of a green thread that may be interrupted at any time. */
export type Step =
  | { readonly kind: 'sleep'; readonly ms: number }
  | { readonly kind: 'yield' | 'hop' | 'fail' | 'throw' | 'pass' | 'open' }
  | { readonly kind: 'try'; readonly body: Program; readonly cleanup: Program }
  /** Goes on with the next step of its body whatever a step throws, an interruption too. */
  | { readonly kind: 'swallow' | 'shield'; readonly body: Program }
  | Limit
  | Fork
  | Join
  /** Any thread of the program, itself and those which are over included. */
  | { readonly kind: 'cancel'; readonly thread: number }
  | SharingStep
  | Mapped

/** A child is counted from the last one. */
export type Join =
  | { readonly kind: 'join' | 'wait'; readonly child: number }
  | { readonly kind: 'joinWithin'; readonly child: number; readonly ms: number }

export interface Limit {
  readonly kind: 'limit'
  readonly ms: number
  readonly body: Program
  /** Whether the thread goes on after its own TimedOut. */
  readonly isCaught: boolean
}

export interface Fork {
  readonly kind: 'fork'
  readonly body: Program
  readonly how: 'spawn' | 'create' | 'stillborn' | 'pool'
}

/** A call of the pool with several items: the programs that its threads carry out. */
export interface Mapped {
  readonly kind: 'map'
  readonly how: 'map' | 'imap' | 'imapUnordered'
  readonly items: readonly Program[]
  readonly ahead: number | undefined
  /** After how many results a loop is left. */
  readonly leaveAfter: number | undefined
}

/** A step on something that all threads share: a lock, a channel. */
export type SharingStep =
  | {
      readonly kind: 'use'
      readonly guard: Guarded
      readonly body: Program
      readonly limitMs: number | undefined
    }
  | { readonly kind: 'background'; readonly guard: Guarded }
  | { readonly kind: 'notice' | 'notify' | 'set' | 'clear' }
  | { readonly kind: 'event' | 'meet'; readonly limitMs: number | undefined }
  | {
      readonly kind: 'send' | 'receive'
      readonly channel: number
      readonly limitMs: number | undefined
    }

/** `notices` is the lock of the condition. */
export type Guarded = 'lock' | 'rlock' | 'semaphore' | 'notices'

export const CAPACITIES: readonly number[] = [0, 1, Number.POSITIVE_INFINITY]

export type Program = readonly Step[]

/** What becomes of threads which would wait for ever. */
export type Ending = 'cancel' | 'open'

export interface Case {
  readonly bodies: readonly Program[]
  readonly ending: Ending
}

/** Few different ones, so that many timers are for the same time. */
export const delay: Arbitrary<number> = fc.constantFrom(0, 1, 2, 3, 5, 8)

/** @param isSharing whether the threads use locks, channels and the like. */
export function cases(isSharing: boolean): Arbitrary<Case> {
  const inPool = isSharing ? (['pool', 'pool'] as const) : []
  const { program } = fc.letrec<{ program: Program; step: Step; body: Program }>((tie) => ({
    program: fc.array(tie('step'), { maxLength: 6, depthIdentifier: 'program' }),
    step: fc.oneof(
      { depthIdentifier: 'program', depthSize: 'medium' },
      fc.record({ kind: fc.constant('sleep' as const), ms: delay }),
      plain('yield', 'hop', 'fail', 'pass', 'open'),
      plain('throw'),
      ...(isSharing
        ? [...sharing(tie('body')), { weight: 2, arbitrary: mapped(tie('body')) }]
        : []),
      fc.record({ kind: fc.constantFrom('join', 'wait'), child: fc.nat(3) }),
      fc.record({ kind: fc.constant('joinWithin' as const), child: fc.nat(3), ms: delay }),
      fc.record({ kind: fc.constant('cancel' as const), thread: fc.nat(9) }),
      fc.record({ kind: fc.constant('try' as const), body: tie('body'), cleanup: tie('body') }),
      fc.record({ kind: fc.constantFrom('swallow', 'shield'), body: tie('body') }),
      limit(tie('body')),
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constant('fork' as const),
          body: tie('body'),
          how: fc.constantFrom('spawn', 'spawn', 'create', 'stillborn', ...inPool),
        }),
      },
    ),
    body: fc.oneof(
      { weight: 4, arbitrary: tie('program') },
      { weight: 1, arbitrary: tie('program').chain(storm) },
    ),
  }))
  return fc.record({
    bodies: fc.array(program, { minLength: 1, maxLength: 4 }),
    ending: fc.constantFrom('cancel', 'open'),
  })
}

function sharing(
  body: Arbitrary<Program>,
): { weight: number; arbitrary: Arbitrary<SharingStep> }[] {
  const limitMs = fc.option(delay, { nil: undefined })
  const use = fc.record({
    kind: fc.constant('use' as const),
    guard: fc.constantFrom<Guarded[]>('lock', 'rlock', 'semaphore', 'notices'),
    body,
    limitMs,
  })
  const transfer = fc.record({
    kind: fc.constantFrom('send', 'receive'),
    channel: fc.nat(CAPACITIES.length - 1),
    limitMs,
  })
  const background = fc.record({
    kind: fc.constant('background' as const),
    guard: fc.constantFrom<Guarded[]>('lock', 'rlock', 'semaphore', 'notices'),
  })
  return [
    { weight: 4, arbitrary: use },
    { weight: 4, arbitrary: transfer },
    { weight: 1, arbitrary: background },
    { weight: 2, arbitrary: plain('notice', 'notify', 'set', 'clear') },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constantFrom('event' as const, 'meet' as const), limitMs }),
    },
  ]
}

export function mapped(body: Arbitrary<Program>): Arbitrary<Mapped> {
  const few = fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined })
  return fc.record({
    kind: fc.constant('map' as const),
    how: fc.constantFrom('map', 'imap', 'imapUnordered'),
    items: fc.array(body, { maxLength: 5, depthIdentifier: 'program' }),
    ahead: few,
    leaveAfter: few,
  })
}

export function limit(body: Arbitrary<Program>): Arbitrary<Limit> {
  return fc.record({
    kind: fc.constant('limit' as const),
    ms: delay,
    body,
    isCaught: fc.boolean(),
  })
}

/** Several interruptions arrive in a shield, and are thrown one after the other: rare by chance. */
function storm(rest: Program): Arbitrary<Program> {
  const shielded = fc
    .array(fc.record({ kind: fc.constant('cancel' as const), thread: fc.nat(3) }), { maxLength: 1 })
    .map((cancels) => [...cancels, { kind: 'sleep' as const, ms: 5 }])
  const body = shielded.map((inner) => [
    { kind: 'swallow' as const, body: [{ kind: 'shield' as const, body: inner }, ...rest] },
  ])
  return limit(limit(body).map((inner) => [inner, ...rest])).map((outer) => [outer])
}

function plain<K extends string>(...kinds: K[]): Arbitrary<{ kind: K }> {
  return fc.record({ kind: fc.constantFrom(...kinds) })
}
