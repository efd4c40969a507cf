import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Ended, type Options, runProgram } from '../support/child.ts'

const program = new URL('situations.js', import.meta.url)
const run = (situation: string, options?: Options): Promise<Ended> =>
  runProgram(program, [situation], options)

function assertExit(ended: Ended, code: number): void {
  assert.deepEqual(
    { code: ended.code, signal: ended.signal },
    { code, signal: null },
    `${ended.stdout}${ended.stderr}`,
  )
}

describe('a process with coroutines ends without a crash', () => {
  const quiet: Record<string, number> = {
    'natural exit': 0,
    'natural exit with fresh and finished coroutines': 0,
    'exit inside': 7,
    'exit inside nested callbacks': 7,
    'exit after a transfer': 7,
  }
  for (const [situation, code] of Object.entries(quiet)) {
    test(situation, async () => {
      const ended = await run(situation)
      assertExit(ended, code)
      assert.deepEqual([ended.stdout, ended.stderr], ['', ''])
    })
  }

  test('uncaught error inside', async () => {
    const ended = await run('uncaught error inside')
    assertExit(ended, 1)
    assert.match(ended.stderr, /Error: thrown inside/)
  })

  test('unhandled rejection inside', async () => {
    const ended = await run('unhandled rejection inside')
    assertExit(ended, 1)
    assert.match(ended.stderr, /Error: rejected inside/)
  })

  test('uncaught error that a handler takes', async () => {
    const ended = await run('caught by an uncaughtException handler')
    assertExit(ended, 0)
    assert.equal(ended.stdout, 'thrown inside, and the other one goes on\n')
  })

  test('exit event that suspends coroutines', async () => {
    const ended = await run('exit event that suspends')
    assertExit(ended, 0)
    assert.equal(ended.stdout, 'exit\n')
  })

  test('exit event that resumes one', async () => {
    const ended = await run('exit event that resumes')
    assertExit(ended, 0)
    assert.equal(ended.stdout, 'resumed\n')
  })

  test('exit event while a coroutine runs', async () => {
    const ended = await run('exit event inside a coroutine')
    assertExit(ended, 7)
    assert.equal(ended.stdout, 'exit 7\n')
  })
})

describe('a signal ends a process with coroutines as it ends any other', () => {
  for (const situation of [
    'a signal while suspended',
    'a loop inside',
    'ping-pong for ever',
    'transfers for ever',
  ]) {
    test(situation, async () => {
      const ended = await run(situation, { signalWhenReady: 'SIGTERM' })
      assert.equal(ended.signal, 'SIGTERM', ended.stderr)
    })
  }

  test('a signal whose handler exits inside a coroutine', async () => {
    const ended = await run('a signal whose handler exits inside a coroutine', {
      signalWhenReady: 'SIGTERM',
    })
    assertExit(ended, 3)
  })
})

test('native code that overflows its stack hits the guard page, not its neighbour', async () => {
  const ended = await run('a native frame larger than the stack')
  assert.equal(ended.signal, 'SIGSEGV')
})
