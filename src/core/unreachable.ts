import { afterEachCycle } from './collection-cycle.ts'
import type { Fiber } from './fiber.ts'
import { unwind } from './interruption.ts'
import { suspendedFibers } from './live-fibers.ts'
import type { Tether } from './tether.ts'
import type { Parking, Will } from './waiter.ts'

/**
 * Unwinds green threads that nobody can wake any more: neither is what they are parked on reachable,
 * nor their handle.
 *
 * A fiber holds both strongly, as that costs nothing. One that has been parked on the same thing
 * during a whole cycle of the garbage collector is tethered: it holds both weakly from then on, until
 * it goes on. When both are collected, it is cancelled, from a task of the event loop.
 *
 * What lies on the stack of a suspended thread is reachable: see docs/errors.md, ERR_GT_CANCELLED.
 */
export function watchUnreachable(): void {
  afterEachCycle(tetherLongParked)
}

/** Tethering allocates; a bound keeps the pause short, the rest follows after the next cycle. */
const TETHERED_PER_CYCLE = 2000

function tetherLongParked(): void {
  let count = 0
  for (const fiber of suspendedFibers()) {
    const { parking } = fiber
    // Code without a handle of its own must not get errors that only a handle explains.
    if (parking === undefined || fiber.isAnonymous) continue
    if (parking !== fiber.lastSeenParking) {
      fiber.lastSeenParking = parking
    } else if (count < TETHERED_PER_CYCLE) {
      count++
      fiber.tether = new WeakTether(fiber, parking)
    }
  }
}

const lost = new FinalizationRegistry<WeakTether>((tether) => tether.lose())

/** A primitive may hold the handle alone; what it parked the thread on must stay then. */
const parkingOfHandle = new WeakMap<object, Parking>()

class WeakTether implements Tether {
  readonly #fiber: Fiber
  readonly #parking: WeakRef<Parking>
  readonly will: Will | undefined
  #handle: WeakRef<object> | undefined
  #holders = 1

  constructor(fiber: Fiber, parking: Parking) {
    const { handle } = fiber
    this.#fiber = fiber
    this.#parking = new WeakRef(parking)
    this.will = parking.will
    lost.register(parking, this, this)
    if (handle !== undefined) {
      parkingOfHandle.set(handle, parking)
      this.adopt(handle)
    }
    fiber.parking = undefined
    fiber.lastSeenParking = undefined
    fiber.handle = undefined
  }

  adopt(handle: object): void {
    this.#handle = new WeakRef(handle)
    this.#holders++
    lost.register(handle, this, this)
  }

  handle(): object | undefined {
    return this.#handle?.deref()
  }

  parking(): Parking | undefined {
    return this.#parking.deref()
  }

  release(): void {
    const handle = this.handle()
    lost.unregister(this)
    if (handle !== undefined) parkingOfHandle.delete(handle)
    this.#fiber.handle ??= handle
    this.#fiber.tether = undefined
  }

  lose(): void {
    this.#holders--
    if (this.#holders > 0 || this.#fiber.tether !== this) return
    // Its scope holds it, and that one is on the stack of its owner.
    if (this.#fiber.bonds?.home !== undefined) return
    // A deadline will end the wait, or a scope may.
    for (let region = this.#fiber.region; region !== undefined; region = region.outer) {
      if (!region.isShield) return
    }
    unwind(this.#fiber, 'nothing can wake it any more, as what it waits for is unreachable')
  }
}
