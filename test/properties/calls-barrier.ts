import fc, { type Arbitrary } from 'fast-check'
import { Barrier } from 'greenthreads'
import {
  type Forms,
  GAVE_UP,
  limitMs,
  Model,
  returned,
  type Subject,
  type Waiter,
} from './calls.ts'

type Op = { readonly kind: 'wait'; readonly limitMs: number } | { readonly kind: 'abort' | 'reset' }

export const barrierOps: Arbitrary<Op> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('wait' as const), limitMs }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('abort' as const, 'reset' as const) }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'reset' as const }) },
)

export class BarrierSubject implements Subject<Op> {
  readonly #barrier: Barrier

  constructor(parties: number) {
    this.#barrier = new Barrier(parties)
  }

  forms(op: Op): Forms {
    const barrier = this.#barrier
    if (op.kind !== 'wait') {
      const { kind } = op
      return { blocking: () => barrier[kind](), twin: async () => barrier[kind]() }
    }
    const { limitMs: timeoutMs } = op
    return {
      blocking: () => barrier.wait(timeoutMs),
      twin: (signal) => barrier.waitAsync({ timeoutMs, signal }),
    }
  }

  state(): unknown {
    return [this.#barrier.waiting, this.#barrier.isBroken]
  }
}

export class BarrierModel extends Model<Op> {
  readonly #parties: number
  #waiters: Waiter[] = []
  #isBroken = false

  constructor(parties: number) {
    super()
    this.#parties = parties
  }

  begin(call: number, op: Op): void {
    if (op.kind === 'wait') this.#arrive(call, op.limitMs)
    else {
      this.#break()
      if (op.kind === 'reset') this.#isBroken = false
      this.end(call, returned(undefined))
    }
  }

  giveUp(call: number): void {
    if (!this.#waiters.some((waiter) => waiter.call === call)) return
    this.end(call, GAVE_UP)
    this.#waiters = this.#waiters.filter((waiter) => waiter.call !== call)
    this.#break()
  }

  state(): unknown {
    return [this.#waiters.length, this.#isBroken]
  }

  protected expire(): void {
    if (this.#waiters.some(({ until }) => until <= this.now)) this.#break()
  }

  #arrive(call: number, limit: number): void {
    if (this.#isBroken) this.end(call, BROKEN)
    else if (this.#waiters.length === this.#parties - 1) {
      this.#waiters.push({ call, until: 0 })
      for (const [index, waiter] of this.#waiters.entries()) this.end(waiter.call, returned(index))
      this.#waiters = []
    } else {
      this.#waiters.push({ call, until: this.now + limit })
      this.expire()
    }
  }

  #break(): void {
    this.#isBroken = true
    for (const { call } of this.#waiters) this.end(call, BROKEN)
    this.#waiters = []
  }
}

const BROKEN = 'ERR_GT_BROKEN_BARRIER'
