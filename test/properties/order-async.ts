import type { Attempt, Program, Step } from './order-program.ts'
import { carryOutAtOnce, promiseFor } from './order-steps.ts'
import type { Frame, Start, World } from './order-world.ts'

type Steps<T> = Generator<unknown, T, unknown>

/**
 * A program in async/await. A call is a part of its caller, as an `await` of an async function would take
 * turns which a synchronous call does not take: `await` is written `yield`, and `carryOut` awaits.
 */
export const startAsync: Start = (world, body, name) =>
  carryOut(new AsyncVersion(world, false).thread(body, name))

/** As one writes it: calls are async functions, awaited. The order between threads differs. */
export const startNestedAsync: Start = (world, body, name) =>
  carryOut(new AsyncVersion(world, true).thread(body, name))

async function carryOut<T>(steps: Steps<T>): Promise<T> {
  let next = steps.next()
  while (!next.done) {
    let value: unknown
    try {
      value = await next.value
    } catch (error) {
      next = steps.throw(error)
      continue
    }
    next = steps.next(value)
  }
  return next.value
}

class AsyncVersion {
  readonly #world: World
  readonly #isNested: boolean

  constructor(world: World, isNested: boolean) {
    this.#world = world
    this.#isNested = isNested
  }

  *thread(body: Program, name: string): Steps<string> {
    const frame: Frame = { name, children: [] }
    yield* this.#block(body, name, frame)
    this.#world.log(name, 'ends')
    return `result of ${name}`
  }

  *#block(body: Program, at: string, frame: Frame): Steps<boolean> {
    for (const [index, step] of body.entries()) {
      const here = `${at}.${index}`
      this.#world.log(frame.name, `${here} ${step.kind}`)
      if (yield* this.#step(step, here, frame)) return true
    }
    return false
  }

  *#call(body: Program, at: string, frame: Frame): Steps<void> {
    if (this.#isNested) yield carryOut(this.#block(body, at, frame))
    else yield* this.#block(body, at, frame)
  }

  *#step(step: Step, at: string, frame: Frame): Steps<boolean> {
    const world = this.#world
    const isOver = carryOutAtOnce(world, step, at)
    if (isOver !== undefined) return isOver
    switch (step.kind) {
      case 'call':
        yield* this.#call(step.body, at, frame)
        return false
      case 'map':
        for (let i = 0; i < step.count; i++) yield* this.#call(step.body, `${at}#${i}`, frame)
        return false
      case 'try':
        return yield* this.#attempt(step, at, frame)
      case 'fork':
      case 'convert':
        world.begin(frame, at, () => carryOut(this.thread(step.body, at)))
        return false
      case 'join': {
        const child = world.childOf(frame, step.child)
        world.log(frame.name, `${at} got ${child === undefined ? 'no child' : yield child}`)
        return false
      }
      default:
        world.log(frame.name, `${at} got ${yield this.#promise(step, at, frame)}`)
        return false
    }
  }

  #promise(step: Step, at: string, frame: Frame): PromiseLike<unknown> {
    if (step.kind === 'through') return this.#passThrough(step.body, at, frame)
    return promiseFor(this.#world, step, at)
  }

  async #passThrough(body: Program, at: string, frame: Frame): Promise<string> {
    this.#world.log(frame.name, `${at} async`)
    await carryOut(this.#block(body, at, frame))
    this.#world.log(frame.name, `${at} async again`)
    return 'through'
  }

  *#attempt(step: Attempt, at: string, frame: Frame): Steps<boolean> {
    try {
      return yield* this.#block(step.body, `${at}t`, frame)
    } catch (error) {
      this.#world.log(frame.name, `${at} caught ${(error as Error).message}`)
      if (step.handler === undefined) throw error
      return yield* this.#block(step.handler, `${at}c`, frame)
    } finally {
      yield* this.#block(step.cleanup, `${at}f`, frame)
    }
  }
}
