import { current, type Deadline, type GreenThread } from 'greenthreads'

/** A part of a thread's call tree: a deadline, or a shield. */
export interface Region {
  readonly deadline: Deadline | undefined
  /** When the deadline passes. */
  readonly at: number
}

export const shieldRegion: Region = { deadline: undefined, at: Number.POSITIVE_INFINITY }

/** What must be thrown at the next suspension. */
export type Interruption = 'cancelled' | Region

export type Outcome = { readonly value: unknown } | { readonly error: unknown }

/** The plain model of one thread: which interruption it is to get, and how it is to end. */
export class Life {
  readonly name: string
  readonly regions: Region[] = []
  readonly children: Life[] = []
  /** What it is suspended in. */
  doing = 'running'
  /** A timer of its own is set: it sleeps, or waits with a limit. */
  hasTimer = false
  #isCancelled = false
  /** How its body ended; undefined while it has not, or when it never started. */
  outcome: Outcome | undefined = undefined
  /** What those who wait for it were told, each once. */
  readonly told: Outcome[] = []
  #thread: GreenThread | undefined
  #isHired = false

  constructor(name: string) {
    this.name = name
  }

  get thread(): GreenThread {
    if (this.#thread === undefined) throw new Error(`${this.name} has no thread yet`)
    return this.#thread
  }

  /** On its own stack, or by whoever created it. */
  adopt(thread: GreenThread = current() as GreenThread): void {
    if (this.#thread !== undefined) return
    this.#thread = thread
    thread.then(
      (value) => this.told.push({ value }),
      (error) => this.told.push({ error }),
    )
  }

  get isOver(): boolean {
    return ['finished', 'failed', 'cancelled'].includes(this.thread.state)
  }

  /** A thread that the library has started for itself: whoever it works for may cancel it. */
  hireOut(thread: GreenThread): void {
    this.#isHired = true
    this.outcome = { value: undefined }
    this.adopt(thread)
  }

  get isCancelled(): boolean {
    return this.#isCancelled || this.isStopped
  }

  /** Cancelled by the one that it works for. */
  get isStopped(): boolean {
    return this.#isHired && !this.#isCancelled && this.thread.signal.aborted
  }

  cancel(): void {
    if (!this.isOver && !this.isStopped) this.#isCancelled = true
    this.thread.cancel(`cancelled ${this.name}`)
  }

  /** What its next suspension must throw: a cancellation, or the outermost deadline, unless shielded. */
  get pending(): Interruption | undefined {
    const seen = this.#visible()
    return seen.at(-1)
  }

  /** Is this error an interruption of this thread, in its present regions? */
  interruptionOf(error: unknown): Interruption | undefined {
    if (this.isCancelled && error === this.thread.signal.reason) return 'cancelled'
    return this.regions.find(({ deadline }) => deadline?.isMine(error))
  }

  get isShielded(): boolean {
    return this.regions.includes(shieldRegion)
  }

  /** May this interruption be delivered now? */
  isVisible(interruption: Interruption): boolean {
    return this.#visible().includes(interruption)
  }

  /** From the innermost to the one that counts most. */
  #visible(): Interruption[] {
    const seen: Interruption[] = []
    for (const region of this.regions.toReversed()) {
      if (region === shieldRegion) return seen
      if (region.deadline?.isExpired) seen.push(region)
    }
    if (this.isCancelled) seen.push('cancelled')
    return seen
  }

  /** The state in which the thread must be in the end. */
  get expectedState(): string {
    const { outcome } = this
    if (outcome === undefined) return 'cancelled'
    if ('value' in outcome) return 'finished'
    return this.isCancelled && outcome.error === this.thread.signal.reason ? 'cancelled' : 'failed'
  }
}
