import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Channel, type GreenThread, spawn } from 'greenthreads'
import { untilParked } from 'greenthreads/testing'

// A channel against a model of a few lines: three lists.

type Step =
  | { do: 'send' | 'receive' | 'sendAsync' | 'receiveAsync' | 'trySend' | 'tryReceive' | 'close' }
  | { do: 'giveUp'; who: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom('send', 'receive') }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('sendAsync', 'receiveAsync') }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('trySend', 'tryReceive') }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('giveUp' as const), who: fc.nat(7) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const) }) },
) as fc.Arbitrary<Step>

/** What became of each call: `sent`, `closed`, `gave up`, or what it received; absent while it waits. */
type Outcomes = Map<number, unknown>

class Model {
  readonly outcomes: Outcomes = new Map()
  readonly items: number[] = []
  senders: number[] = []
  receivers: number[] = []
  readonly #capacity: number
  #isClosed = false

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  send(call: number, mayWait: boolean): void {
    const receiver = this.#isClosed ? undefined : this.receivers.shift()
    if (this.#isClosed) this.outcomes.set(call, 'closed')
    else if (receiver !== undefined) this.#settle([receiver, call], [call, 'sent'])
    else if (this.items.length < this.#capacity) {
      this.items.push(call)
      this.outcomes.set(call, 'sent')
    } else if (mayWait) this.senders.push(call)
    else this.outcomes.set(call, 'gave up')
  }

  receive(call: number, mayWait: boolean): void {
    const sender = this.senders[0]
    const item = this.items.shift() ?? sender
    if (item !== undefined) this.outcomes.set(call, item)
    else if (this.#isClosed) this.outcomes.set(call, mayWait ? 'closed' : 'gave up')
    else if (mayWait) this.receivers.push(call)
    else this.outcomes.set(call, 'gave up')
    if (item === undefined || sender === undefined) return
    this.senders.shift()
    if (item !== sender) this.items.push(sender)
    this.outcomes.set(sender, 'sent')
  }

  giveUp(call: number): void {
    if (!this.senders.includes(call) && !this.receivers.includes(call)) return
    this.senders = this.senders.filter((other) => other !== call)
    this.receivers = this.receivers.filter((other) => other !== call)
    this.outcomes.set(call, 'gave up')
  }

  close(): void {
    this.#isClosed = true
    for (const call of [...this.senders, ...this.receivers]) this.outcomes.set(call, 'closed')
    this.senders = []
    this.receivers = []
  }

  #settle(...pairs: [number, unknown][]): void {
    for (const [call, outcome] of pairs) this.outcomes.set(call, outcome)
  }
}

/** The item of a call is its number. */
class Subject {
  readonly outcomes: Outcomes = new Map()
  readonly channel: Channel<number>
  readonly #cancel = new Map<number, () => void>()

  constructor(capacity: number) {
    this.channel = new Channel({ capacity })
  }

  do(what: Exclude<Step['do'], 'giveUp' | 'close'>, call: number): void {
    const { channel } = this
    const { signal } = this.#controllerOf(call, what)
    if (what === 'send') this.#thread(call, () => channel.send(call))
    else if (what === 'receive') this.#thread(call, () => channel.receive())
    else if (what === 'sendAsync') this.#settle(call, channel.sendAsync(call, { signal }))
    else if (what === 'receiveAsync') this.#settle(call, channel.receiveAsync({ signal }))
    else if (what === 'trySend') this.#now(call, () => (channel.trySend(call) ? 'sent' : 'gave up'))
    else this.#now(call, () => channel.tryReceive()?.value ?? 'gave up')
  }

  giveUp(call: number): void {
    this.#cancel.get(call)?.()
  }

  #controllerOf(call: number, what: string): AbortController {
    const controller = new AbortController()
    if (what.endsWith('Async')) this.#cancel.set(call, () => controller.abort())
    return controller
  }

  #thread(call: number, body: () => unknown): void {
    const thread: GreenThread = spawn(body)
    this.#cancel.set(call, () => thread.cancel())
    this.#settle(call, thread)
  }

  #settle(call: number, promise: PromiseLike<unknown>): void {
    promise.then(
      (value) => this.outcomes.set(call, value ?? 'sent'),
      (error) => this.outcomes.set(call, endOf(error)),
    )
  }

  #now(call: number, body: () => unknown): void {
    try {
      this.outcomes.set(call, body())
    } catch (error) {
      this.outcomes.set(call, endOf(error))
    }
  }
}

function endOf(error: unknown): string {
  const { code, name } = error as { code: unknown; name: string }
  if (code === 'ERR_GT_CHANNEL_CLOSED') return 'closed'
  if (code === 'ERR_GT_CANCELLED' || name === 'AbortError') return 'gave up'
  throw error
}

test('a channel behaves as three lists do, whatever happens to it', async () => {
  const program = fc.record({
    capacity: fc.constantFrom(0, 0, 1, 2, Number.POSITIVE_INFINITY),
    steps: fc.array(step, { maxLength: 40 }),
  })
  await fc.assert(
    fc.asyncProperty(program, async ({ capacity, steps }) => {
      const model = new Model(capacity)
      const subject = new Subject(capacity)
      for (const [call, step] of steps.entries()) {
        if (step.do === 'giveUp') {
          model.giveUp(call - step.who)
          subject.giveUp(call - step.who)
        } else if (step.do === 'close') {
          model.close()
          subject.channel.close()
        } else {
          if (/send/i.test(step.do)) model.send(call, !step.do.startsWith('try'))
          else model.receive(call, !step.do.startsWith('try'))
          subject.do(step.do, call)
        }
        await untilParked()
        assert.deepEqual(subject.outcomes, model.outcomes)
        assert.equal(subject.channel.length, model.items.length)
        assert.equal(subject.channel.peek()?.value, model.items[0] ?? model.senders[0])
      }
      subject.channel.close()
      await untilParked()
    }),
    { numRuns: 300 },
  )
})
