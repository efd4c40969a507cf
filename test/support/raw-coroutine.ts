/**
 * The thinnest coroutine over the native addon: no scheduler, no promises. It exists so that the native
 * core can be tested on its own; a process that imports it does not import the TypeScript core, because
 * an addon is initialised once per isolate.
 */
import { AsyncResource } from 'node:async_hooks'
import { addon } from './addon.ts'
import { type AsyncEntry, popAsyncIdsThrough, pushAsyncIds } from './async-ids.ts'

/** The addon answered that it can't suspend here. */
export class Refused extends Error {
  readonly code: number
  constructor(code: number) {
    super(`the native core refused to suspend: code ${code}`)
    this.name = 'Refused'
    this.code = code
  }
}

type State = 'fresh' | 'running' | 'resuming another' | 'suspended' | 'done' | 'destroyed'

const defaultStackBytes = 1024 * 1024
const owners: (Coroutine | undefined)[] = []
const idleSlots: number[] = []
/** Idle as well, but of another size than the next coroutine asks for. */
const oddSlots: number[] = []
let running: Coroutine | undefined

export class Coroutine {
  state: State = 'fresh'
  readonly slot: number
  readonly #body: (first: unknown) => unknown
  #resumer: Coroutine | undefined
  #input: unknown
  #thrown: { error: unknown } | undefined
  #output: unknown
  #failure: { error: unknown } | undefined
  /** Its own async id, and those that it had entered when it was suspended; topmost first. */
  #asyncIds: AsyncEntry[]
  readonly #ownAsyncId: number
  readonly #isReusable: boolean

  constructor(body: (first: unknown) => unknown, stackBytes: number = defaultStackBytes) {
    const resource = new AsyncResource('RawCoroutine')
    this.#ownAsyncId = resource.asyncId()
    this.#asyncIds = [{ id: this.#ownAsyncId, trigger: resource.triggerAsyncId(), resource }]
    this.#body = body
    this.#isReusable = stackBytes === defaultStackBytes
    this.slot = (this.#isReusable ? idleSlots.pop() : undefined) ?? addon.create(stackBytes)
    owners[this.slot] = this
  }

  static get current(): Coroutine | undefined {
    return running
  }

  get isDone(): boolean {
    return this.state === 'done' || this.state === 'destroyed'
  }

  get isResumable(): boolean {
    return this.state === 'fresh' || this.state === 'suspended'
  }

  /** Runs until the next suspension or the end; returns what was handed out, or throws the body's error. */
  resume(value?: unknown): unknown {
    const before = this.#start(running, value)
    const resumer = running
    if (resumer !== undefined) resumer.state = 'resuming another'
    running = this
    const isNested = resumer !== undefined
    const code = addon.switchTo(this.slot, false, isNested)
    running = resumer
    if (resumer !== undefined) resumer.state = 'running'
    if (code < 0) {
      this.state = before
      throw new Refused(code)
    }
    if (this.state === 'running') throw new Error('the coroutine was terminated from outside')
    if (this.#failure !== undefined) throw this.#failure.error
    return this.#output
  }

  /** Resumes it with an error at the place where it is suspended. */
  throwInto(error: unknown): unknown {
    this.#thrown = { error }
    return this.resume()
  }

  /** Drops it: nothing on its stack runs any more, no `finally` either. */
  destroy(): void {
    this.#expectResumable()
    addon.destroy(this.slot)
    owners[this.slot] = undefined
    this.state = 'destroyed'
  }

  /** Suspends the running coroutine and continues `target`, whose resumer then is that of the running one. */
  static transferTo(target: Coroutine, value?: unknown): unknown {
    const self = expectRunning()
    const before = target.#start(self.#resumer, value)
    try {
      return self.#leave(target)
    } catch (error) {
      if (error instanceof Refused) target.state = before
      throw error
    }
  }

  /** Suspends the running coroutine and hands `value` to its resumer. */
  static suspend(value?: unknown): unknown {
    const self = expectRunning()
    self.#output = value
    return self.#leave(self.#resumer)
  }

  /** What every stack runs: one body after the other, until its stack is given back. */
  static entry(slot: number): void {
    for (;;) {
      const self = owners[slot] as Coroutine
      pushAsyncIds(self.#asyncIds)
      self.#run()
      popAsyncIdsThrough(self.#ownAsyncId)
      owners[slot] = undefined
      if (self.#isReusable) idleSlots.push(slot)
      else oddSlots.push(slot)
      running = self.#resumer
      const code = addon.switchTo(running?.slot ?? 0)
      if (code < 0) throw new Refused(code)
      if (code === 1) return
    }
  }

  #run(): void {
    try {
      this.#output = this.#body(this.#takeInput())
    } catch (error) {
      this.#failure = { error }
    }
    this.state = 'done'
  }

  #start(resumer: Coroutine | undefined, value: unknown): State {
    this.#expectResumable()
    const before = this.state
    this.#resumer = resumer
    this.#input = value
    this.state = 'running'
    return before
  }

  #leave(next: Coroutine | undefined): unknown {
    this.#asyncIds = popAsyncIdsThrough(this.#ownAsyncId)
    this.state = 'suspended'
    running = next
    const code = addon.switchTo(next?.slot ?? 0)
    running = this
    this.state = 'running'
    pushAsyncIds(this.#asyncIds)
    if (code < 0) throw new Refused(code)
    return this.#takeInput()
  }

  #takeInput(): unknown {
    const thrown = this.#thrown
    if (thrown === undefined) return this.#input
    this.#thrown = undefined
    throw thrown.error
  }

  #expectResumable(): void {
    if (!this.isResumable) throw new Error(`can't resume a coroutine that is ${this.state}`)
  }
}

/** Gives back the stacks that finished coroutines left for reuse. */
export function dropIdleStacks(): void {
  for (const slot of [...idleSlots.splice(0), ...oddSlots.splice(0)]) addon.destroy(slot, true)
}

function expectRunning(): Coroutine {
  if (running === undefined) throw new Error('no coroutine is running')
  return running
}

addon.initialize(Coroutine.entry)
