import fc, { type Arbitrary } from 'fast-check'
import { AsyncResult } from 'greenthreads'
import {
  type Forms,
  GAVE_UP,
  limitMs,
  Model,
  returned,
  type Subject,
  type Waiter,
} from './calls.ts'

type Op =
  | { readonly kind: 'get' | 'wait'; readonly limitMs: number }
  | { readonly kind: 'set' | 'setError' }

export const resultOps: Arbitrary<Op> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constantFrom('get' as const, 'wait' as const), limitMs }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('set' as const, 'setError' as const) }),
  },
)

const FAILURE = new Error('set as an error')

export class ResultSubject implements Subject<Op> {
  readonly #result = new AsyncResult<number>()

  forms(op: Op): Forms {
    const result = this.#result
    switch (op.kind) {
      case 'get':
        return {
          blocking: () => result.get(op.limitMs),
          twin: (signal) => result.getAsync({ timeoutMs: op.limitMs, signal }),
        }
      case 'wait':
        return {
          blocking: () => result.wait(op.limitMs),
          twin: (signal) => result.waitAsync({ timeoutMs: op.limitMs, signal }),
        }
      case 'set':
        return { blocking: () => result.set(1), twin: async () => result.set(1) }
      case 'setError':
        return {
          blocking: () => result.setError(FAILURE),
          twin: async () => result.setError(FAILURE),
        }
    }
  }

  state(): unknown {
    return this.#result.isReady
  }
}

interface Asking extends Waiter {
  readonly isGet: boolean
}

export class ResultModel extends Model<Op> {
  #asking: Asking[] = []
  #outcome: string | undefined = undefined

  begin(call: number, op: Op): void {
    if (op.kind === 'get' || op.kind === 'wait') {
      this.#asking.push({ call, until: this.now + op.limitMs, isGet: op.kind === 'get' })
      if (this.#outcome === undefined) this.expire()
      else this.#answer()
    } else if (this.#outcome !== undefined) {
      this.end(call, 'ERR_GT_ALREADY_SET')
    } else {
      this.#outcome = op.kind === 'set' ? returned(1) : String(FAILURE)
      this.end(call, returned(undefined))
      this.#answer()
    }
  }

  giveUp(call: number): void {
    this.#leave(
      (asking) => asking.call === call,
      () => GAVE_UP,
    )
  }

  state(): unknown {
    return this.#outcome !== undefined
  }

  protected expire(): void {
    this.#leave(
      ({ until }) => until <= this.now,
      ({ isGet }) => (isGet ? 'ERR_GT_TIMED_OUT' : returned(false)),
    )
  }

  #answer(): void {
    const outcome = this.#outcome as string
    this.#leave(
      () => true,
      ({ isGet }) => (isGet ? outcome : returned(true)),
    )
  }

  #leave(isLeaving: (asking: Asking) => boolean, outcome: (asking: Asking) => string): void {
    for (const asking of this.#asking) if (isLeaving(asking)) this.end(asking.call, outcome(asking))
    this.#asking = this.#asking.filter((asking) => !isLeaving(asking))
  }
}
