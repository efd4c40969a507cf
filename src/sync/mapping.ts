import {
  GreenThread,
  shield,
  type WaitDescription,
  WaitQueue,
  wait,
  watchEnd,
} from '../lowlevel.ts'
import type { Places } from './places.ts'

/** What a mapping needs of its pool. */
export interface Crew {
  readonly name: string
  readonly places: Places
  readonly threads: Set<GreenThread>
}

export interface MappingSettings extends WaitDescription {
  /** How many items may be taken before `makeRoom()` is called. */
  readonly room: number
  /** True when the one who waits has a place in the pool, which he does not need meanwhile. */
  readonly hasPlace: boolean
}

/**
 * Calls a function with each item of a source, in green threads that take the next item when they have
 * done one. They leave their places to others that wait, after each item.
 *
 * Where the one who waits has a place, as a thread of the same pool, the first worker takes that one. So it
 * always gets on, full as the pool may be.
 */
export class Mapping<T, R> {
  readonly #crew: Crew
  readonly #source: Iterator<T>
  readonly #fn: (item: T, index: number) => R
  readonly #deliver: (result: Awaited<R>, index: number) => boolean
  /** How many more items may be taken. */
  #room: number
  #count = 0
  readonly #workers = new Set<GreenThread>()
  readonly #changed: WaitQueue
  #lentPlace: 'none' | 'free' | 'in use'
  #isPulling = false
  /** Somebody would have taken an item while the source made another one wait for it. */
  #isPullMissed = false
  #isExhausted = false
  #end: { error: unknown } | undefined = undefined
  #request: AbortController | undefined = undefined

  /**
   * @param deliver gets each result, and tells whether the one who waits has to know.
   * @throws NotInGreenThreadError, Cancelled, TimedOut where it could not be waited for.
   */
  constructor(
    crew: Crew,
    items: Iterable<T>,
    fn: (item: T, index: number) => R,
    deliver: (result: Awaited<R>, index: number) => boolean,
    { room, hasPlace, ...description }: MappingSettings,
  ) {
    this.#changed = new WaitQueue(description)
    this.#changed.checkCanPark()
    this.#crew = crew
    this.#source = items[Symbol.iterator]()
    this.#fn = fn
    this.#deliver = deliver
    this.#room = room
    this.#lentPlace = hasPlace ? 'free' : 'none'
  }

  /** True when all workers have ended and no more will start. */
  get isOver(): boolean {
    return this.#workers.size === 0 && (this.#isExhausted || this.#end !== undefined)
  }

  /** Starts as many workers as there is room and are places for; asks for more places. */
  pump(): void {
    while (this.#isWorkerWanted()) {
      if (this.#lentPlace === 'free') this.#start(true)
      else if (this.#crew.places.tryTake()) this.#start(false)
      else {
        this.#requestPlace()
        return
      }
    }
  }

  /** A result was taken: so many more items may be. */
  makeRoom(): void {
    this.#room++
    this.pump()
  }

  /** Suspends until all is over; throws what made it fail. */
  run(): void {
    this.pump()
    while (!this.isOver) this.untilChange()
    this.checkFailure()
  }

  /** Throws what made it fail, when all have ended. */
  checkFailure(): void {
    if (this.#end === undefined) return
    this.#untilOver()
    throw this.#end.error
  }

  /** Suspends until a result came of which somebody has to know, it failed, or all is over. */
  untilChange(): void {
    try {
      this.#changed.park()
    } catch (error) {
      this.stop(error)
      throw error
    }
  }

  /** Cancels what is under way, and waits for its end. */
  stop(reason: unknown): void {
    this.#fail(reason)
    this.#untilOver()
  }

  #untilOver(): void {
    if (!this.isOver) {
      shield(() => {
        while (!this.isOver) this.#changed.park()
      })
    }
    if (!this.#isExhausted) this.#closeSource()
  }

  #closeSource(): void {
    this.#isExhausted = true
    this.#source.return?.()
  }

  #isWorkerWanted(): boolean {
    if (this.#isExhausted || this.#end !== undefined || this.#room === 0) return false
    if (this.#workers.size >= this.#crew.places.size) return false
    if (this.#isPulling) this.#isPullMissed = true
    return !this.#isPulling
  }

  #start(isLent: boolean): void {
    const { name, threads } = this.#crew
    const worker = new GreenThread(() => this.#work(isLent), {
      name: this.#fn.name === '' ? name : this.#fn.name,
      // The one who waits ends with its workers; a scope around must neither count nor cancel them.
      detached: true,
    })
    if (isLent) this.#lentPlace = 'in use'
    this.#workers.add(worker)
    threads.add(worker)
    watchEnd(worker, () => this.#ended(worker, isLent))
    try {
      worker.start()
    } catch (error) {
      this.#fail(error)
      this.#leave(worker, isLent)
    }
  }

  #work(isLent: boolean): void {
    try {
      while (this.#end === undefined && this.#room > 0 && !this.#isPulling) {
        const next = this.#pull()
        if (next.done === true) break
        const index = this.#count++
        const result = wait(this.#fn(next.value, index))
        if (this.#deliver(result, index)) this.#changed.unparkOne()
        if (!isLent && this.#areOthersWaiting()) break
      }
    } catch (error) {
      this.#fail(error)
    }
  }

  #pull(): IteratorResult<T> {
    this.#isPulling = true
    try {
      const next = this.#source.next()
      if (next.done === true) this.#isExhausted = true
      else this.#room--
      return next
    } catch (error) {
      this.#isExhausted = true // as for-of, which does not close what has thrown
      throw error
    } finally {
      this.#isPulling = false
      if (this.#isPullMissed) {
        this.#isPullMissed = false
        // Not here: this worker's item is the elder one.
        queueMicrotask(() => this.pump())
      }
    }
  }

  #areOthersWaiting(): boolean {
    return this.#crew.places.waiting > (this.#request === undefined ? 0 : 1)
  }

  #ended(worker: GreenThread, isLent: boolean): void {
    try {
      worker.join()
    } catch (error) {
      this.#fail(error) // it did not end by itself
    }
    this.#leave(worker, isLent)
  }

  #leave(worker: GreenThread, isLent: boolean): void {
    this.#workers.delete(worker)
    this.#crew.threads.delete(worker)
    if (isLent) this.#lentPlace = 'free'
    else this.#crew.places.release()
    if (this.#isExhausted) this.#request?.abort()
    else if (this.#isWorkerWanted()) this.#requestPlace()
    if (this.isOver) this.#changed.unparkOne()
  }

  #requestPlace(): void {
    if (this.#request !== undefined) return
    const request = new AbortController()
    this.#request = request
    this.#crew.places.request(request.signal).then(
      () => {
        this.#request = undefined
        if (this.#isWorkerWanted()) this.#start(false)
        else this.#crew.places.release()
        this.pump()
      },
      () => {
        this.#request = undefined // aborted: not wanted any more
      },
    )
  }

  #fail(error: unknown): void {
    if (this.#end !== undefined) return
    this.#end = { error }
    this.#request?.abort()
    for (const worker of this.#workers) worker.cancel(error)
    this.#changed.unparkOne()
  }
}
