// A primitive of one's own, on greenthreads/lowlevel: so many calls within any span of time.
import { spawn } from 'greenthreads'
import { clock, type WaitOptions, WaitQueue } from 'greenthreads/lowlevel'
import { useVirtualClock } from 'greenthreads/testing'

/** A permit comes back when the time is over; it goes to whoever has waited longest. */
class RateLimiter {
  #permits: number
  readonly #spanMs: number
  readonly #waiting = new WaitQueue({
    call: 'limiter.take()',
    inAsyncCode: 'await limiter.takeAsync()',
  })

  constructor(permits: number, spanMs: number) {
    this.#permits = permits
    this.#spanMs = spanMs
  }

  take(timeoutMs: number = Number.POSITIVE_INFINITY): void {
    if (!this.tryTake()) this.#waiting.parkWithin(timeoutMs)
  }

  async takeAsync(options?: WaitOptions): Promise<void> {
    if (!this.tryTake()) await this.#waiting.promise(options)
  }

  tryTake(): boolean {
    if (this.#permits === 0) return false
    this.#permits--
    this.#giveBackLater()
    return true
  }

  #giveBackLater(): void {
    clock.setTimer(() => this.#giveBack(), this.#spanMs)
  }

  #giveBack(): void {
    if (this.#waiting.unparkOne()) this.#giveBackLater()
    else this.#permits++
  }
}

// Time that moves when told, so that this takes none. Without this line it is the real one.
const time = useVirtualClock()
const limiter = new RateLimiter(2, 1000)

function call(name: string): void {
  limiter.take()
  console.log(`${name} after ${clock.now()} ms`)
}

const calls: PromiseLike<void>[] = ['a', 'b', 'c'].map((name) => spawn(call, name))
const impatient = spawn(() => limiter.take(10)).then(
  () => 'in time',
  (error: unknown) => (error as Error).message,
)
calls.push(limiter.takeAsync().then(() => console.log(`async code after ${clock.now()} ms`)))
calls.push(spawn(call, 'd'))

await time.advance(10)
console.log(await impatient)
await time.advance(2000)
await Promise.all(calls)
