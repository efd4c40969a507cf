import assert from 'node:assert/strict'
import fc, { type Arbitrary } from 'fast-check'
import { Cancelled, GreenThreadsError, spawn } from 'greenthreads'
import { assertNoThreadsLeft, untilParked, useVirtualClock } from 'greenthreads/testing'

/** The two forms of one call: for green threads, and its twin for async code. */
export interface Forms {
  blocking(): unknown
  twin(signal: AbortSignal): Promise<unknown>
}

/** A primitive, and what can be called of it. */
export interface Subject<Op> {
  forms(op: Op): Forms
  /** All that it tells of itself. */
  state(): unknown
}

/** What waits in a model, and until when. */
export interface Waiter {
  readonly call: number
  readonly until: number
}

/** A primitive as a few lists, which knows neither threads nor promises. */
export abstract class Model<Op> {
  now = 0
  #ends: string[] = []

  abstract begin(call: number, op: Op): void
  /** The one who made this call gives it up; it may be over already. */
  abstract giveUp(call: number): void
  abstract state(): unknown

  advance(ms: number): void {
    this.now += ms
    this.expire()
  }

  /** Ends what has waited until now. */
  protected abstract expire(): void

  protected end(call: number, outcome: string): void {
    this.#ends.push(`${call}: ${outcome}`)
  }

  takeEnds(): string[] {
    return this.#ends.splice(0).sort()
  }
}

/** How outcomes are written. */
export const GAVE_UP = 'gave up'
export function returned(value: unknown): string {
  return `returned ${JSON.stringify(value)}`
}

type Step<Op> =
  | { readonly do: 'call'; readonly op: Op; readonly isAsync: boolean }
  | { readonly do: 'giveUp'; readonly ago: number }
  | { readonly do: 'advance'; readonly ms: number }

/**
 * Random calls, made by green threads, by async code and by both in turn, end as those of the model do: the same
 * ones at the same step, with the same outcome.
 */
export function callsProperty<Op>(
  ops: Arbitrary<Op>,
  create: (variant: number) => { subject: Subject<Op>; model: Model<Op> },
): fc.IAsyncPropertyWithHooks<[number, Step<Op>[]]> {
  const step: Arbitrary<Step<Op>> = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({ do: fc.constant('call' as const), op: ops, isAsync: fc.boolean() }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('giveUp' as const),
        ago: fc.integer({ min: 1, max: 6 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('advance' as const),
        ms: fc.integer({ min: 1, max: 4 }),
      }),
    },
  )
  return fc.asyncProperty(fc.nat(5), fc.array(step, { maxLength: 30 }), async (variant, steps) => {
    const isAsync: ((step: { isAsync: boolean }) => boolean)[] = [
      () => false,
      () => true,
      (step) => step.isAsync,
    ]
    for (const choose of isAsync) {
      const { subject, model } = create(variant)
      await new Run(subject, model, choose).carryOut(steps)
    }
  })
}

class Run<Op> {
  readonly #subject: Subject<Op>
  readonly #model: Model<Op>
  readonly #isAsync: (step: { isAsync: boolean }) => boolean
  readonly #giveUps = new Map<number, () => void>()
  #ends: string[] = []

  constructor(
    subject: Subject<Op>,
    model: Model<Op>,
    isAsync: (step: { isAsync: boolean }) => boolean,
  ) {
    this.#subject = subject
    this.#model = model
    this.#isAsync = isAsync
  }

  async carryOut(steps: readonly Step<Op>[]): Promise<void> {
    using clock = useVirtualClock()
    try {
      for (const [index, step] of steps.entries()) {
        if (step.do === 'call') this.#call(index, step)
        else if (step.do === 'giveUp') this.#giveUp(index - step.ago)
        else {
          this.#model.advance(step.ms)
          await clock.advance(step.ms)
        }
        await untilParked()
        this.#compare(index)
      }
    } finally {
      for (const giveUp of this.#giveUps.values()) giveUp()
      await untilParked()
    }
    assert.equal(clock.pending, 0, 'no timer is left')
    assertNoThreadsLeft()
  }

  #call(index: number, step: { op: Op; isAsync: boolean }): void {
    this.#model.begin(index, step.op)
    const forms = this.#subject.forms(step.op)
    if (this.#isAsync(step)) {
      const controller = new AbortController()
      this.#giveUps.set(index, () => controller.abort())
      this.#note(index, forms.twin(controller.signal))
    } else {
      const thread = spawn(() => forms.blocking())
      this.#giveUps.set(index, () => thread.cancel())
      this.#note(index, thread)
    }
  }

  #giveUp(index: number): void {
    this.#model.giveUp(index)
    this.#giveUps.get(index)?.()
  }

  #note(index: number, end: PromiseLike<unknown>): void {
    end.then(
      (value) => this.#ends.push(`${index}: ${returned(value)}`),
      (error) => this.#ends.push(`${index}: ${failure(error)}`),
    )
  }

  #compare(index: number): void {
    const ends = this.#ends.splice(0).sort()
    assert.deepEqual(ends, this.#model.takeEnds(), `what ended in step ${index}`)
    assert.deepEqual(this.#subject.state(), this.#model.state(), `the state after step ${index}`)
  }
}

function failure(error: unknown): string {
  if (error instanceof Cancelled || (error as Error).name === 'AbortError') return GAVE_UP
  if (error instanceof GreenThreadsError) return error.code
  return String(error)
}

/** Limits end between the times at which everything else happens, so that nothing is a matter of chance. */
export const limitMs: Arbitrary<number> = fc.constantFrom(
  0,
  0.5,
  1.5,
  3.5,
  Number.POSITIVE_INFINITY,
  Number.POSITIVE_INFINITY,
)
