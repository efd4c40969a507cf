import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type GreenThread, spawn, wait } from 'greenthreads'
import { type Deferred, deferred } from './deferred.ts'
import { turn } from './manual-clock.ts'

/** One step of a random program, which exists as async code and as a green thread. */
type Step =
  | { readonly kind: 'hops'; readonly count: number }
  | { readonly kind: 'fail'; readonly count: number }
  | { readonly kind: 'open'; readonly gate: number }
  | { readonly kind: 'pass'; readonly gate: number }
  | { readonly kind: 'microtask' }
  | { readonly kind: 'thenable' }
  | { readonly kind: 'fork'; readonly body: Program; readonly isJoined: boolean }

type Program = readonly Step[]

const GATES = 3

const { program } = fc.letrec<{ program: Program; step: Step }>((tie) => ({
  program: fc.array(tie('step'), { maxLength: 6, depthIdentifier: 'program' }),
  step: fc.oneof(
    { depthIdentifier: 'program', depthSize: 'small' },
    fc.record({ kind: fc.constant('hops' as const), count: fc.nat(4) }),
    fc.record({ kind: fc.constant('fail' as const), count: fc.nat(3) }),
    fc.record({ kind: fc.constant('open' as const), gate: fc.nat(GATES - 1) }),
    fc.record({ kind: fc.constant('pass' as const), gate: fc.nat(GATES - 1) }),
    fc.record({ kind: fc.constant('microtask' as const) }),
    fc.record({ kind: fc.constant('thenable' as const) }),
    fc.record({
      kind: fc.constant('fork' as const),
      body: tie('program'),
      isJoined: fc.boolean(),
    }),
  ),
}))

/** Where both versions of a program leave their trace. */
class World {
  readonly trace: string[] = []
  readonly gates: Deferred<void>[] = Array.from({ length: GATES }, () => deferred())

  log(text: string): void {
    this.trace.push(text)
  }

  microtask(name: string): void {
    Promise.resolve().then(() => this.log(`${name} microtask`))
  }

  /** Settles after this many microtasks. */
  hops(count: number): Promise<unknown> {
    let promise: Promise<unknown> = Promise.resolve()
    for (let i = 0; i < count; i++) promise = promise.then(() => {})
    return promise
  }

  fail(count: number): Promise<unknown> {
    return this.hops(count).then(() => {
      throw new Error('expected')
    })
  }

  thenable(): PromiseLike<unknown> {
    // biome-ignore lint/suspicious/noThenProperty: the subject of this test.
    return { then: (resolve: (value: unknown) => void) => resolve(undefined) } as never
  }

  gate(index: number): Deferred<void> {
    return this.gates[index] as Deferred<void>
  }
}

async function runAsync(steps: Program, world: World, name: string): Promise<void> {
  for (const [index, step] of steps.entries()) {
    const here = `${name}.${index}`
    world.log(`${here} ${step.kind}`)
    if (step.kind === 'hops') await world.hops(step.count)
    else if (step.kind === 'fail') await world.fail(step.count).catch(() => {})
    else if (step.kind === 'open') world.gate(step.gate).resolve()
    else if (step.kind === 'pass') await world.gate(step.gate).promise
    else if (step.kind === 'microtask') world.microtask(here)
    else if (step.kind === 'thenable') await world.thenable()
    else {
      const child = runAsync(step.body, world, here)
      world.log(`${here} forked`)
      if (step.isJoined) await child
    }
  }
  world.log(`${name} ends`)
}

function runGreen(steps: Program, world: World, name: string): void {
  for (const [index, step] of steps.entries()) {
    const here = `${name}.${index}`
    world.log(`${here} ${step.kind}`)
    if (step.kind === 'hops') wait(world.hops(step.count))
    else if (step.kind === 'fail') wait(world.fail(step.count).catch(() => {}))
    else if (step.kind === 'open') world.gate(step.gate).resolve()
    else if (step.kind === 'pass') wait(world.gate(step.gate).promise)
    else if (step.kind === 'microtask') world.microtask(here)
    else if (step.kind === 'thenable') wait(world.thenable())
    else {
      const child: GreenThread<void> = spawn(runGreen, step.body, world, here)
      world.log(`${here} forked`)
      if (step.isJoined) wait(child)
    }
  }
  world.log(`${name} ends`)
}

async function traceOf(start: (world: World) => PromiseLike<void>[]): Promise<string[]> {
  const world = new World()
  const ends = start(world)
  await turn()
  world.log('gates open')
  for (const gate of world.gates) gate.resolve()
  await Promise.all(ends)
  await turn() // children that nobody joined
  return world.trace
}

test('programs of green threads run in the order of the same programs in async/await', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(program, { minLength: 1, maxLength: 4 }), async (programs) => {
      const expected = await traceOf((world) =>
        programs.map((steps, i) => runAsync(steps, world, `p${i}`)),
      )
      const actual = await traceOf((world) =>
        programs.map((steps, i) => spawn(runGreen, steps, world, `p${i}`)),
      )
      assert.deepEqual(actual, expected)
    }),
    { numRuns: 300 },
  )
})
