import { spawn, toAsync, wait } from 'greenthreads'
import type { Attempt, Program, Step } from './order-program.ts'
import { carryOutAtOnce, promiseFor } from './order-steps.ts'
import type { Frame, World } from './order-world.ts'

/** A program as a green thread: synchronous functions which wait. */
export function startGreen(world: World, body: Program, name: string): PromiseLike<unknown> {
  return spawn(runThread, world, body, name)
}

function convertGreen(world: World, body: Program, name: string): Promise<unknown> {
  return toAsync(runThread)(world, body, name)
}

function runThread(world: World, body: Program, name: string): string {
  const frame: Frame = { name, children: [] }
  runBlock(world, body, name, frame)
  world.log(name, 'ends')
  return `result of ${name}`
}

/** True when the thread, or the call, shall return. */
function runBlock(world: World, body: Program, at: string, frame: Frame): boolean {
  for (const [index, step] of body.entries()) {
    const here = `${at}.${index}`
    world.log(frame.name, `${here} ${step.kind}`)
    if (runStep(world, step, here, frame)) return true
  }
  return false
}

function runStep(world: World, step: Step, at: string, frame: Frame): boolean {
  const isOver = carryOutAtOnce(world, step, at)
  if (isOver !== undefined) return isOver
  switch (step.kind) {
    case 'call':
      runBlock(world, step.body, at, frame)
      return false
    case 'map':
      Array.from({ length: step.count }, (_, i) => i).map((i) =>
        runBlock(world, step.body, `${at}#${i}`, frame),
      )
      return false
    case 'try':
      return runAttempt(world, step, at, frame)
    case 'fork':
      world.begin(frame, at, () => startGreen(world, step.body, at))
      return false
    case 'convert':
      world.begin(frame, at, () => convertGreen(world, step.body, at))
      return false
    default:
      world.log(frame.name, `${at} got ${waitFor(world, step, at, frame)}`)
      return false
  }
}

function waitFor(world: World, step: Step, at: string, frame: Frame): unknown {
  switch (step.kind) {
    case 'through':
      return wait(passThrough(world, step.body, at, frame))
    case 'join': {
      const child = world.childOf(frame, step.child)
      return child === undefined ? 'no child' : wait(child)
    }
    default:
      return wait(promiseFor(world, step, at))
  }
}

/** Async code in a green thread, which has a green thread in it. */
async function passThrough(world: World, body: Program, at: string, frame: Frame): Promise<string> {
  world.log(frame.name, `${at} async`)
  await toAsync(() => {
    runBlock(world, body, at, frame)
  })()
  world.log(frame.name, `${at} async again`)
  return 'through'
}

function runAttempt(world: World, step: Attempt, at: string, frame: Frame): boolean {
  try {
    return runBlock(world, step.body, `${at}t`, frame)
  } catch (error) {
    world.log(frame.name, `${at} caught ${(error as Error).message}`)
    if (step.handler === undefined) throw error
    return runBlock(world, step.handler, `${at}c`, frame)
  } finally {
    runBlock(world, step.cleanup, `${at}f`, frame)
  }
}
