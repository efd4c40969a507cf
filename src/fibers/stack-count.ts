/**
 * What node-fibers tells of its pool of stacks: `Fiber.poolSize`, how many stacks of ended Fibers it keeps, and
 * `Fiber.fibersCreated`, how often it needed a new one. Here stacks come from the pool of all green threads,
 * which finds its size by itself; this only counts as that one would.
 */
class StackCount {
  poolSize = 120
  created = 0
  #idle = 0

  started(): void {
    if (this.#idle > 0) this.#idle--
    else this.created++
  }

  ended(): void {
    if (this.#idle < this.poolSize) this.#idle++
  }
}

export const stackCount: StackCount = new StackCount()
