import fc, { type Arbitrary } from 'fast-check'
import { TaskChannel } from 'greenthreads'
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
  | { readonly kind: 'send' | 'receive' | 'joinTasks'; readonly limitMs: number }
  | { readonly kind: 'taskDone' | 'drain' | 'close' }

export const taskOps: Arbitrary<Op> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'send' as const,
        'send' as const,
        'receive' as const,
        'joinTasks' as const,
      ),
      limitMs,
    }),
  },
  { weight: 4, arbitrary: fc.constant({ kind: 'taskDone' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('drain' as const, 'close' as const) }),
  },
)

const CAPACITIES = [0, 1, 2, Number.POSITIVE_INFINITY]

export class TaskSubject implements Subject<Op> {
  readonly #channel: TaskChannel<number>
  #last = 0

  constructor(variant: number) {
    this.#channel = new TaskChannel<number>({ capacity: capacityOf(variant) })
  }

  forms(op: Op): Forms {
    const channel = this.#channel
    switch (op.kind) {
      case 'send': {
        const item = ++this.#last
        return {
          blocking: () => channel.send(item, op.limitMs),
          twin: (signal) => channel.sendAsync(item, { timeoutMs: op.limitMs, signal }),
        }
      }
      case 'receive':
        return {
          blocking: () => channel.receive(op.limitMs),
          twin: (signal) => channel.receiveAsync({ timeoutMs: op.limitMs, signal }),
        }
      case 'joinTasks':
        return {
          blocking: () => channel.joinTasks(op.limitMs),
          twin: (signal) => channel.joinTasksAsync({ timeoutMs: op.limitMs, signal }),
        }
      default: {
        const { kind } = op
        return { blocking: () => channel[kind](), twin: async () => channel[kind]() }
      }
    }
  }

  state(): unknown {
    const { length, unfinished, isClosed } = this.#channel
    return { length, unfinished, isClosed, next: this.#channel.peek()?.value }
  }
}

interface Sender extends Waiter {
  readonly item: number
}

export class TaskModel extends Model<Op> {
  readonly #capacity: number
  #last = 0
  #unfinished = 0
  #isClosed = false
  #items: number[] = []
  #senders: Sender[] = []
  #receivers: Waiter[] = []
  #joiners: Waiter[] = []

  constructor(variant: number) {
    super()
    this.#capacity = capacityOf(variant)
  }

  begin(call: number, op: Op): void {
    switch (op.kind) {
      case 'send':
        this.#senders.push({ call, until: this.now + op.limitMs, item: ++this.#last })
        this.#unfinished++
        break
      case 'receive':
        this.#receivers.push({ call, until: this.now + op.limitMs })
        break
      case 'joinTasks':
        this.#joiners.push({ call, until: this.now + op.limitMs })
        break
      case 'taskDone':
        this.end(call, this.#unfinished > 0 ? returned(undefined) : 'ERR_GT_TOO_MANY_TASKS_DONE')
        this.#finish(1)
        break
      case 'drain':
        this.end(call, returned(this.#drain()))
        break
      case 'close':
        this.#isClosed = true
        this.end(call, returned(undefined))
        break
    }
    this.#settle()
  }

  giveUp(call: number): void {
    this.#leave((waiter) => waiter.call === call, GAVE_UP)
    this.#settle()
  }

  state(): unknown {
    const next = this.#items[0] ?? this.#senders[0]?.item
    return {
      length: this.#items.length,
      unfinished: this.#unfinished,
      isClosed: this.#isClosed,
      next,
    }
  }

  /** One after the other: an item that a sender takes back may be the last that a join waits for. */
  protected expire(): void {
    const due = [...this.#senders, ...this.#receivers, ...this.#joiners]
      .filter(({ until }) => until <= this.now)
      .sort((a, b) => a.until - b.until || a.call - b.call)
    for (const late of due) {
      this.#leave((waiter) => waiter === late, 'ERR_GT_TIMED_OUT')
      this.#endJoins()
    }
    this.#endJoins()
  }

  /** Whatever can happen without waiting happens. */
  #settle(): void {
    this.#refuse()
    this.#fill()
    while (this.#receivers.length > 0 && this.#hasItem) {
      this.end((this.#receivers.shift() as Waiter).call, returned(this.#take()))
    }
    if (this.#isClosed) this.#refuseReceivers()
    this.#endJoins()
    this.expire()
  }

  #refuse(): void {
    if (!this.#isClosed) return
    for (const { call } of this.#senders) this.end(call, CLOSED)
    this.#finish(this.#senders.length)
    this.#senders = []
  }

  #refuseReceivers(): void {
    for (const { call } of this.#receivers) this.end(call, CLOSED)
    this.#receivers = []
  }

  #fill(): void {
    while (this.#senders.length > 0 && this.#items.length < this.#capacity) this.#accept()
  }

  #accept(): number {
    const { call, item } = this.#senders.shift() as Sender
    this.end(call, returned(undefined))
    this.#items.push(item)
    return item
  }

  get #hasItem(): boolean {
    return this.#items.length + this.#senders.length > 0
  }

  #take(): number {
    if (this.#items.length === 0) this.#accept()
    const item = this.#items.shift() as number
    this.#fill()
    return item
  }

  #drain(): number[] {
    const items: number[] = []
    while (this.#hasItem) items.push(this.#take())
    this.#finish(items.length)
    return items
  }

  #finish(count: number): void {
    this.#unfinished = Math.max(0, this.#unfinished - count)
  }

  #endJoins(): void {
    if (this.#unfinished > 0) return
    for (const { call } of this.#joiners) this.end(call, returned(undefined))
    this.#joiners = []
  }

  #leave(isLeaving: (waiter: Waiter) => boolean, outcome: string): void {
    const stay = (waiter: Waiter): boolean => !isLeaving(waiter)
    for (const { call } of [...this.#senders, ...this.#receivers, ...this.#joiners].filter(
      isLeaving,
    ))
      this.end(call, outcome)
    this.#finish(this.#senders.filter(isLeaving).length)
    this.#senders = this.#senders.filter(stay)
    this.#receivers = this.#receivers.filter(stay)
    this.#joiners = this.#joiners.filter(stay)
  }
}

const CLOSED = 'ERR_GT_CHANNEL_CLOSED'

function capacityOf(variant: number): number {
  return CAPACITIES[variant % CAPACITIES.length] as number
}
