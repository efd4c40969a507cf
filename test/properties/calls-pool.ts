import fc, { type Arbitrary } from 'fast-check'
import { Pool, sleep } from 'greenthreads'
import { type Forms, GAVE_UP, Model, returned, type Subject } from './calls.ts'

interface Op {
  readonly kind: 'apply' | 'join'
  /** How long the call takes. */
  readonly ms: number
  readonly fails: boolean
}

export const poolOps: Arbitrary<Op> = fc.record({
  kind: fc.constantFrom('apply' as const, 'apply' as const, 'apply' as const, 'join' as const),
  ms: fc.nat(5),
  fails: fc.boolean(),
})

interface Limits {
  readonly size: number
  readonly maxWaiting: number
  readonly maxWaitMs: number
}

const VARIANTS: readonly Limits[] = [
  { size: 1, maxWaiting: Number.POSITIVE_INFINITY, maxWaitMs: Number.POSITIVE_INFINITY },
  { size: 2, maxWaiting: Number.POSITIVE_INFINITY, maxWaitMs: Number.POSITIVE_INFINITY },
  { size: 3, maxWaiting: 1, maxWaitMs: Number.POSITIVE_INFINITY },
  { size: 1, maxWaiting: 2, maxWaitMs: 3.5 },
  { size: 2, maxWaiting: Number.POSITIVE_INFINITY, maxWaitMs: 2.5 },
  { size: 1, maxWaiting: 0, maxWaitMs: 1.5 },
]

export class PoolSubject implements Subject<Op> {
  readonly #pool: Pool

  constructor(variant: number) {
    const { size, ...limits } = VARIANTS[variant] as Limits
    this.#pool = new Pool(size, limits)
  }

  forms({ kind, ms, fails }: Op): Forms {
    const pool = this.#pool
    if (kind === 'join')
      return { blocking: () => pool.join(), twin: (signal) => pool.joinAsync({ signal }) }
    const work = (): number => {
      if (ms > 0) sleep(ms)
      if (fails) throw new Error(`failed after ${ms}`)
      return ms
    }
    return {
      blocking: () => pool.apply(work),
      twin: (signal) => pool.applyAsync(work, { signal }),
    }
  }

  state(): unknown {
    const { active, available, waiting } = this.#pool
    return { active, available, waiting }
  }
}

interface Application {
  readonly call: number
  readonly op: Op
  readonly until: number
}

interface Work {
  readonly call: number
  readonly op: Op
  readonly end: number
}

export class PoolModel extends Model<Op> {
  readonly #limits: Limits
  #waiting: Application[] = []
  #working: Work[] = []
  #joining: number[] = []

  constructor(variant: number) {
    super()
    this.#limits = VARIANTS[variant] as Limits
  }

  begin(call: number, op: Op): void {
    if (op.kind === 'join') this.#joining.push(call)
    else if (this.#isFree) this.#work(call, op)
    else if (this.#waiting.length >= this.#limits.maxWaiting) this.end(call, FULL)
    else this.#waiting.push({ call, op, until: this.now + this.#limits.maxWaitMs })
    this.#serve()
  }

  giveUp(call: number): void {
    for (const list of [
      this.#waiting,
      this.#working,
      this.#joining.map((one) => ({ call: one })),
    ]) {
      if (list.some((one) => one.call === call)) this.end(call, GAVE_UP)
    }
    this.#waiting = this.#waiting.filter((one) => one.call !== call)
    this.#working = this.#working.filter((one) => one.call !== call)
    this.#joining = this.#joining.filter((one) => one !== call)
    this.#serve()
  }

  override advance(ms: number): void {
    const until = this.now + ms
    for (;;) {
      const next = Math.min(
        ...this.#working.map(({ end }) => end),
        ...this.#waiting.map((application) => application.until),
      )
      if (next > until) break
      this.now = next
      this.expire()
    }
    this.now = until
  }

  state(): unknown {
    const active = this.#working.length
    return { active, available: this.#limits.size - active, waiting: this.#waiting.length }
  }

  protected expire(): void {
    for (const { call, until } of this.#waiting) if (until <= this.now) this.end(call, FULL)
    this.#waiting = this.#waiting.filter(({ until }) => until > this.now)
    const done = this.#working.filter(({ end }) => end <= this.now)
    this.#working = this.#working.filter(({ end }) => end > this.now)
    for (const { call, op } of done) this.end(call, outcomeOf(op))
    this.#serve()
  }

  get #isFree(): boolean {
    return this.#working.length < this.#limits.size
  }

  #work(call: number, op: Op): void {
    if (op.ms === 0) this.end(call, outcomeOf(op))
    else this.#working.push({ call, op, end: this.now + op.ms })
  }

  #serve(): void {
    while (this.#isFree && this.#waiting.length > 0) {
      const { call, op } = this.#waiting.shift() as Application
      this.#work(call, op)
    }
    if (this.#working.length > 0) return
    for (const call of this.#joining.splice(0)) this.end(call, returned(undefined))
  }
}

const FULL = 'ERR_GT_POOL_FULL'

function outcomeOf({ ms, fails }: Op): string {
  return fails ? String(new Error(`failed after ${ms}`)) : returned(ms)
}
