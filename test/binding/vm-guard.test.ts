import assert from 'node:assert/strict'
import { test } from 'node:test'
import vm from 'node:vm'
import { type GreenThread, spawn, wait } from 'greenthreads'

/** Starts joins one after the other, each of which waits in the middle, and lets them end in the same order. */
async function overlapJoins(join: (tag: number, pause: () => void) => string): Promise<string[]> {
  const gates = Array.from({ length: 12 }, () => {
    let open: () => void = () => {}
    const opened = new Promise<void>((resolve) => {
      open = resolve
    })
    return { open, opened }
  })
  const joins = gates.map(({ opened }, tag) => spawn(() => join(tag, () => wait(opened))))
  const results: string[] = []
  for (const [index, { open }] of gates.entries()) {
    open()
    results.push(await (joins[index] as GreenThread<string>))
  }
  return results
}

const expected = Array.from({ length: 12 }, (_, tag) => `${tag}-x-3`)

const joinHere = (tag: number, pause: () => void): string =>
  [
    tag,
    {
      toString() {
        pause()
        return 'x'
      },
    },
    3,
  ].join('-')

/** Functions of a realm of their own. */
function contextFunctions(): { join: typeof joinHere; loop: () => never } {
  return vm.runInNewContext(`({
    join: (tag, pause) => [tag, { toString() { pause(); return 'x' } }, 3].join('-'),
    loop() { for (;;); },
  })`)
}

const outOfTime = { code: 'ERR_SCRIPT_EXECUTION_TIMEOUT' }

test('joins of arrays can overlap in the main realm', async () => {
  assert.deepEqual(await overlapJoins(joinHere), expected)
})

// V8 keeps the joins that are under way for each realm.
test('joins of arrays can overlap in a vm context', async () => {
  await spawn(() => wait(Promise.resolve())) // from here on there are stacks, which contexts are prepared for
  assert.deepEqual(await overlapJoins(contextFunctions().join), expected)
})

// V8 forgets at any termination which joins are under way.
test('joins of arrays can overlap after vm code ran out of time', async () => {
  await spawn(() => wait(Promise.resolve()))
  const { join, loop } = contextFunctions()
  const loopHere = (): never => {
    for (;;);
  }
  const endings = [
    () => vm.runInThisContext('for (;;);', { timeout: 10 }),
    () => vm.runInNewContext('for (;;);', {}, { timeout: 10 }),
    () => vm.runInNewContext('loopHere()', { loopHere }, { timeout: 10 }),
    () => vm.runInNewContext('loop()', { loop }, { timeout: 10 }),
  ]
  for (const ending of endings) {
    assert.throws(ending, outOfTime)
    assert.deepEqual(await overlapJoins(joinHere), expected)
    assert.deepEqual(await overlapJoins(join), expected)
  }
})
