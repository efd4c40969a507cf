// A primitive of one's own, on greenthreads/lowlevel: many may read at a time, or one may write.
import { sleep, spawn, wait } from 'greenthreads'
import { type WaitOptions, WaitQueue } from 'greenthreads/lowlevel'

type Purpose = 'read' | 'write'

/** First come, first served: readers that come after a waiting writer do not overtake it. */
class ReaderWriterLock {
  #readers = 0
  #isWriting = false
  readonly #waiting = new WaitQueue<void, Purpose>({
    call: 'lock.run()',
    inAsyncCode: 'await lock.runAsync(purpose, fn)',
  })

  run<R>(purpose: Purpose, fn: () => R): Awaited<R> {
    this.#enter(purpose)
    try {
      return wait(fn())
    } finally {
      this.#leave(purpose)
    }
  }

  async runAsync<R>(purpose: Purpose, fn: () => R, options: WaitOptions = {}): Promise<Awaited<R>> {
    await this.#enterAsync(purpose, options)
    try {
      return await fn()
    } finally {
      this.#leave(purpose)
    }
  }

  #enter(purpose: Purpose): void {
    if (this.#tryEnter(purpose)) return
    try {
      this.#waiting.park(purpose) // woken as one who has entered
    } catch (error) {
      this.#admit() // a writer who gave up may have stood in the way of readers
      throw error
    }
  }

  async #enterAsync(purpose: Purpose, options: WaitOptions): Promise<void> {
    if (this.#tryEnter(purpose)) return
    try {
      await this.#waiting.promise(options, purpose)
    } catch (error) {
      this.#admit()
      throw error
    }
  }

  #tryEnter(purpose: Purpose): boolean {
    if (this.#waiting.length > 0 || !this.#isOpenFor(purpose)) return false
    this.#count(purpose)
    return true
  }

  #isOpenFor(purpose: Purpose): boolean {
    return !this.#isWriting && (purpose === 'read' || this.#readers === 0)
  }

  #count(purpose: Purpose): void {
    if (purpose === 'read') this.#readers++
    else this.#isWriting = true
  }

  #leave(purpose: Purpose): void {
    if (purpose === 'read') this.#readers--
    else this.#isWriting = false
    this.#admit()
  }

  #admit(): void {
    for (;;) {
      const next = this.#waiting.firstOffer
      if (next === undefined || !this.#isOpenFor(next)) return
      this.#count(next)
      this.#waiting.unparkOne()
    }
  }
}

const lock = new ReaderWriterLock()

function visit(name: string, purpose: Purpose): void {
  lock.run(purpose, () => {
    console.log(`${name} begins`)
    sleep(5)
    console.log(`${name} ends`)
  })
}

const threads = [
  spawn(visit, 'reader 1', 'read'),
  spawn(visit, 'reader 2', 'read'),
  spawn(visit, 'writer', 'write'),
  spawn(visit, 'reader 3', 'read'),
]
const asyncReader = lock.runAsync('read', () => console.log('async code reads, too'))
const impatient = spawn(visit, 'impatient writer', 'write')
const last = spawn(visit, 'reader 4', 'read')
impatient.cancel('no time')
await impatient.then(undefined, (error: unknown) => console.log((error as Error).cause))
await Promise.all([...threads, asyncReader, last])
