import {
  GreenThread,
  shield,
  sleep,
  spawn,
  TimedOut,
  wait,
  withTimeout,
  yieldNow,
} from 'greenthreads'
import { type Life, type Region, shieldRegion } from './life-model.ts'
import type { Fork, Join, Limit, Program, Step } from './life-program.ts'
import type { LifeWorld } from './life-world.ts'
import { suspending } from './suspending.ts'

/** Starts a thread that carries out a program, and tells its model what happens to it. */
export function startLife(world: LifeWorld, body: Program, name: string): Life {
  return new LifeRun(world).start(body, name)
}

class LifeRun {
  readonly #world: LifeWorld

  constructor(world: LifeWorld) {
    this.#world = world
  }

  start(body: Program, name: string): Life {
    const life = this.#world.newLife(name)
    life.adopt(spawn(() => this.#live(life, body)))
    return life
  }

  #live(life: Life, body: Program): string {
    life.adopt()
    try {
      this.#block(life, body)
      const value = `result of ${life.name}`
      life.outcome = { value }
      return value
    } catch (error) {
      life.outcome = { error }
      throw error
    } finally {
      this.#world.log(life, 'ends')
    }
  }

  #block(life: Life, body: Program): void {
    for (const step of body) {
      this.#world.log(life, step.kind)
      this.#step(life, step)
    }
  }

  #step(life: Life, step: Step): void {
    switch (step.kind) {
      case 'sleep':
        this.#timed(life, step.kind, step.ms, () => sleep(step.ms))
        break
      case 'yield':
        this.#suspending(life, step.kind, yieldNow)
        break
      case 'hop':
        this.#suspending(life, step.kind, () => wait(Promise.resolve()))
        break
      case 'fail':
        this.#suspending(life, step.kind, () => wait(Promise.reject(new Error('expected'))))
        break
      case 'pass':
        this.#suspending(life, step.kind, () => wait(this.#world.gate))
        break
      case 'open':
        this.#world.open()
        break
      case 'throw':
        throw new Error(`thrown by ${life.name}`)
      case 'try':
        this.#try(life, step.body, step.cleanup)
        break
      case 'swallow':
        this.#swallow(life, step.body)
        break
      case 'shield':
        this.#shield(life, step.body)
        break
      case 'limit':
        this.#limit(life, step)
        break
      case 'fork':
        this.#fork(life, step)
        break
      case 'map':
        // Nothing would end the wait for a place under a shield.
        if (!life.isShielded)
          this.#world.shared.crew.map(life, step, (hand, body) => this.#block(hand, body))
        break
      case 'cancel':
        this.#world.lives[step.thread % this.#world.lives.length]?.cancel()
        break
      case 'join':
      case 'joinWithin':
      case 'wait':
        this.#join(life, step)
        break
      default:
        this.#world.shared.step(life, step, (body) => this.#block(life, body))
        break
    }
  }

  #suspending(life: Life, what: string, call: () => unknown): void {
    suspending(this.#world, life, what, call)
  }

  /** Takes exactly its time, unless it is interrupted. */
  #timed(life: Life, what: string, ms: number, call: () => unknown): void {
    const { clock } = this.#world
    const began = clock.now()
    suspending(this.#world, life, what, call, { hasTimer: true })
    const took = clock.now() - began
    this.#world.check(life, took === ms, `${what} took ${took} ms, not ${ms}`)
  }

  #try(life: Life, body: Program, cleanup: Program): void {
    this.#world.entered++
    try {
      this.#block(life, body)
    } finally {
      this.#world.left++
      this.#shield(life, cleanup)
    }
  }

  #swallow(life: Life, body: Program): void {
    for (const step of body) {
      try {
        this.#block(life, [step])
      } catch (error) {
        this.#world.log(life, `swallows ${(error as Error).name}`)
      }
    }
  }

  #shield(life: Life, body: Program): void {
    shield(() => this.#inRegion(life, shieldRegion, body))
  }

  #inRegion(life: Life, region: Region, body: Program): void {
    life.regions.push(region)
    try {
      this.#block(life, body)
    } finally {
      life.regions.pop()
    }
  }

  #limit(life: Life, { ms, body, isCaught }: Limit): void {
    const { clock } = this.#world
    let region = shieldRegion
    try {
      withTimeout(ms, (deadline) => {
        region = { deadline, at: clock.now() + ms }
        this.#inRegion(life, region, body)
      })
    } catch (error) {
      if (!region.deadline?.isMine(error)) throw error
      this.#world.check(life, clock.now() >= region.at, 'timed out too early')
      this.#world.log(life, 'timed out')
      if (!isCaught) throw error
    }
  }

  #fork(life: Life, { body, how }: Fork): void {
    const name = `${life.name}.${life.children.length}`
    if (how === 'pool') {
      // Nothing would end the wait for a place under a shield.
      if (life.isShielded) return
      const { crew } = this.#world.shared
      const child = crew.start(life, (hand) => this.#live(hand, body), name)
      if (child !== undefined) life.children.push(child)
      return
    }
    if (how === 'spawn') {
      life.children.push(this.start(body, name))
      return
    }
    const child = this.#world.newLife(name)
    life.children.push(child)
    child.adopt(new GreenThread(() => this.#live(child, body), { name, stackBytes: 128 * 1024 }))
    if (how === 'stillborn') child.cancel()
    else child.thread.start()
  }

  #join(life: Life, step: Join): void {
    const child = life.children.at(-1 - step.child)
    if (child === undefined) return
    if (step.kind === 'wait') {
      this.#suspending(life, step.kind, () => wait(child.thread))
    } else if (child.isOver) {
      // What is known is told at once, to a thread that is interrupted too.
      child.thread.join()
    } else if (step.kind === 'joinWithin') {
      this.#joinWithin(life, child, step.ms)
    } else {
      this.#suspending(life, step.kind, () => child.thread.join())
    }
  }

  #joinWithin(life: Life, child: Life, ms: number): void {
    const { clock } = this.#world
    const end = clock.now() + ms
    try {
      suspending(this.#world, life, 'join', () => child.thread.join(ms), { hasTimer: true })
    } catch (error) {
      const isMine =
        error instanceof TimedOut && error.message.startsWith('join()') && !child.isOver
      if (isMine) this.#world.check(life, clock.now() === end, 'join took another time')
      throw error
    }
    this.#world.check(life, clock.now() <= end, 'join took too long')
  }
}
