import type { AsyncResource } from 'node:async_hooks'
import { Coroutine } from '../binding/coroutine.ts'
import type { Home } from '../core/bonds.ts'
import type { Region } from '../core/interruption.ts'
import { GreenletExit, TerminatedError } from '../errors.ts'
import { callInContext, type GreenletContext } from './context.ts'
import type { Group } from './group.ts'
import type { Handle, Life, Strand } from './main-strand.ts'
import { arrive, passOn } from './switching.ts'

/** A greenlet with a stack of its own. */
export class ChildStrand extends Coroutine implements Strand {
  static #lastId = 0

  readonly #id = ++ChildStrand.#lastId
  life: Life = 'unstarted'
  strands: Group | undefined = undefined
  handle: Handle | undefined
  isWatched = false
  parent: Strand
  parentHandle: Handle
  region: Region | undefined = undefined
  scope: Home | undefined = undefined
  context: GreenletContext = 'inherit'
  /** The context that was copied for it. */
  copied: AsyncResource | undefined = undefined
  /** The function it was made with. */
  given: ((...args: never[]) => unknown) | undefined = undefined
  #name = ''
  #body: ((...args: never[]) => unknown) | undefined = undefined
  #receiver: Handle | undefined = undefined

  constructor(handle: Handle, parent: Strand, parentHandle: Handle) {
    super()
    this.handle = handle
    this.parent = parent
    this.parentHandle = parentHandle
  }

  get coroutine(): Coroutine {
    return this
  }

  /** For messages. */
  override toString(): string {
    const name = this.#name === '' ? (this.given?.name ?? '') : this.#name
    return name === '' ? `greenlet ${this.#id}` : `greenlet ${this.#id} (${name})`
  }

  /** What it will run. A function that was given to it gets no `this`, which would keep the handle. */
  prepare(body: (...args: never[]) => unknown, handle: Handle): void {
    this.#body = body
    this.#receiver = body === this.given ? undefined : handle
  }

  override run(): void {
    this.life = 'active'
    let isError = false
    let outcome: unknown
    try {
      outcome = this.#call(arrive(this) as never[])
    } catch (error) {
      isError = !(error instanceof GreenletExit)
      outcome = error
    }
    this.life = 'dead'
    passOn(this, isError, outcome)
  }

  #call(args: never[]): unknown {
    const body = this.#body as (...args: never[]) => unknown
    const receiver = this.#receiver
    this.#name = body.name
    this.#body = this.#receiver = this.given = undefined
    return callInContext(this, body, receiver, args)
  }

  override refused(): void {
    this.strands?.fiber?.refused()
  }

  override thrown(error: unknown): void {
    this.strands?.fiber?.thrown(error)
  }

  override terminated(): void {
    this.life = 'dead'
    const { fiber, main } = this.strands as Group
    ;(this.strands as Group).current = main
    if (fiber === undefined) return
    // Its own stack is suspended in a switch to what is gone.
    fiber.state = 'suspended'
    fiber.wakeSoonWithError(new TerminatedError(String(this)))
  }
}
