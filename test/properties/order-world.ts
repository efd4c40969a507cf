import { AsyncLocalStorage } from 'node:async_hooks'
import { untilParked } from 'greenthreads/testing'
import { type Deferred, deferred } from '../core/deferred.ts'
import { GATES, type Program } from './order-program.ts'

/** One thread of a program: what it started, and how its steps are named. */
export interface Frame {
  readonly name: string
  readonly children: PromiseLike<unknown>[]
}

/** Carries a thread out in one of the two ways. */
export type Start = (world: World, body: Program, name: string) => PromiseLike<unknown>

// One for all: each that was ever used costs every promise something.
const context = new AsyncLocalStorage<string>()

/** Where both versions of a program meet the outside, and leave their trace. */
export class World {
  /** The steps in their order; those of queues belong to no thread. */
  readonly trace: { readonly thread: string; readonly text: string }[] = []
  readonly #gates: Deferred<void>[] = Array.from({ length: GATES }, () => deferred())
  #unfinished = 0

  /** Also tells in which async context the step is made. */
  log(thread: string, text: string): void {
    this.trace.push({ thread, text: `${text} [${context.getStore()}]` })
  }

  /** Starts a thread in an async context of its own. */
  begin(frame: Frame, name: string, start: () => PromiseLike<unknown>): void {
    this.#unfinished++
    const child = context.run(name, start)
    const note = (): void => {
      this.#unfinished--
    }
    child.then(note, note)
    frame.children.push(child)
  }

  childOf(frame: Frame, index: number): PromiseLike<unknown> | undefined {
    return frame.children.at(-1 - index)
  }

  queue(kind: 'microtask' | 'tick', at: string): void {
    const log = (): void => this.log('', `${at} ${kind}`)
    if (kind === 'tick') process.nextTick(log)
    else queueMicrotask(log)
  }

  hops(count: number): Promise<unknown> {
    let promise: Promise<unknown> = Promise.resolve(count)
    for (let i = 0; i < count; i++) promise = promise.then(() => count)
    return promise
  }

  fail(count: number, at: string): Promise<unknown> {
    return this.hops(count).then(() => {
      throw new Error(`fails at ${at}`)
    })
  }

  turn(): Promise<void> {
    return new Promise((resolve) => {
      setImmediate(resolve)
    })
  }

  thenable(): PromiseLike<unknown> {
    // biome-ignore lint/suspicious/noThenProperty: one that is not a promise.
    return { then: (resolve: (value: unknown) => void) => resolve('then') } as never
  }

  gate(index: number): Promise<void> {
    return (this.#gates[index] as Deferred<void>).promise
  }

  gates(kind: 'all' | 'race' | 'any'): Promise<unknown> {
    const promises = this.#gates.map(({ promise }) => promise)
    if (kind === 'all') return Promise.all(promises)
    return kind === 'race' ? Promise.race(promises) : Promise.any(promises)
  }

  open(index: number): void {
    this.#gates[index]?.resolve()
  }

  break(index: number, at: string): void {
    this.#gates[index]?.reject(new Error(`broken at ${at}`))
    this.gate(index).catch(() => {})
  }

  /** Runs programs, each as a thread, to their ends. */
  async run(bodies: readonly Program[], start: Start): Promise<this> {
    const frame = { name: '', children: [] }
    for (const [index, body] of bodies.entries()) {
      const name = `p${index}`
      this.begin(frame, name, () => start(this, body, name))
      this.log('', `${name} began`)
    }
    await untilParked()
    this.log('', 'everything waits for gates')
    for (const index of this.#gates.keys()) this.open(index)
    await untilParked()
    if (this.#unfinished > 0) throw new Error(`${this.#unfinished} threads have not ended`)
    return this
  }

  /** What happened in each thread, in its order; nothing of the order between threads. */
  byThread(): Record<string, string[]> {
    const threads: Record<string, string[]> = {}
    for (const { thread, text } of this.trace) {
      if (thread === '') continue
      threads[thread] ??= []
      threads[thread].push(text)
    }
    return threads
  }
}
