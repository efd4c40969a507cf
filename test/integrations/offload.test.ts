import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { InvalidArgumentError, OffloadError, spawn } from 'greenthreads'
import { offload, offloadAsync, transfer } from 'greenthreads/offload'
import { computeUntil, newFlags, untilSet } from './offload-computing.ts'
import type * as tasks from './offload-tasks.ts'

const tasksUrl = new URL('./offload-tasks.js', import.meta.url)

test('a function runs in a worker, and the thread waits for its result', async () => {
  const thread = spawn(() => {
    const id = offload(
      async () => ((await import('node:worker_threads')) as { threadId: number }).threadId,
    )
    const sum = offload((a: number, b: number) => a + b, 1, 2)
    return [id > 0, sum]
  })
  assert.deepEqual(await thread, [true, 3])
})

test('the event loop turns while a worker computes', async () => {
  const flags = newFlags()
  let turns = 0
  const thread = spawn(() => offload(computeUntil, flags))
  await untilSet(flags)
  for (; turns < 100; turns++) await nextTurn()
  assert.equal(thread.state, 'suspended')
  Atomics.store(flags, 1, 1)
  assert.equal(await thread, 'stopped')
  assert.equal(turns, 100)
})

test('every form of a function can be sent', async () => {
  const object = {
    method(n: number) {
      return n + 1
    },
    async asyncMethod(n: number) {
      return n + 2
    },
    async *generator() {},
  }
  assert.equal(await offloadAsync(object.method, 1), 2)
  assert.equal(await offloadAsync(object.asyncMethod, 1), 3)
  assert.equal(await offloadAsync(async (n: number) => n + 3, 1), 4)
  assert.equal(
    await offloadAsync(function factorial(n: number): number {
      return n < 2 ? 1 : n * factorial(n - 1)
    }, 5),
    120,
  )
})

test('exports of modules are called, and may wait', async () => {
  const thread = spawn(() => [
    offload<typeof tasks.add>(tasksUrl, 'add', 1, 2),
    offload<typeof tasks.waiting>(tasksUrl.href, 'waiting', 'text'),
    offload<typeof tasks.asynchronous>(tasksUrl, 'asynchronous', 'later'),
    offload<typeof tasks.default>(tasksUrl, 'default', 'you'),
  ])
  assert.deepEqual(await thread, [3, 'text after a wait', 'later', 'hello you'])
})

test('CommonJS, paths, and TypeScript where Node.js runs it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'offload-'))
  try {
    const common = join(folder, 'common.cjs')
    await writeFile(
      common,
      'const api = { double: (n) => 2 * n }\nmodule.exports = Object.assign({}, api)\n',
    )
    assert.equal(await offloadAsync(common, 'double', 4), 8)
    assert.equal(await offloadAsync(pathToFileURL(common), 'double', 5), 10)
    const typed = join(folder, 'typed.mts')
    await writeFile(typed, 'export const half = (n: number): number => n / 2\n')
    const call = offloadAsync(typed, 'half', 4)
    if ((process.features as { typescript?: unknown }).typescript) assert.equal(await call, 2)
    else await assert.rejects(call, { code: 'ERR_UNKNOWN_FILE_EXTENSION' })
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('what is no function of a module, and no module, is refused', async () => {
  for (const name of ['constant', 'missing']) {
    await assert.rejects(offloadAsync(tasksUrl, name), (error: Error) => {
      assert.ok(error instanceof InvalidArgumentError)
      assert.match(
        error.message,
        new RegExp(`exportName .*offload-tasks.js exports, got "${name}"`),
      )
      return true
    })
  }
  const missing = new URL('./missing.js', import.meta.url)
  await assert.rejects(offloadAsync(missing, 'add'), { code: 'ERR_MODULE_NOT_FOUND' })
  await assert.rejects(offloadAsync('./relative.js', 'add'), {
    code: 'ERR_GT_INVALID_ARGUMENT',
    message: /import\.meta\.url.*"\.\/relative\.js"/,
  })
  await assert.rejects(offloadAsync(tasksUrl, 1 as never), { code: 'ERR_GT_INVALID_ARGUMENT' })
})

test('a function that needs variables around it is refused, with the name of the variable', async () => {
  const outside = 1
  await assert.rejects(
    offloadAsync(() => outside + 1),
    (error: Error) => {
      assert.ok(error instanceof OffloadError)
      assert.equal(error.code, 'ERR_GT_OFFLOAD_NOT_SELF_CONTAINED')
      assert.match(error.message, /it uses `outside`/)
      assert.ok(error.cause instanceof ReferenceError)
      return true
    },
  )
  for (const fn of [Math.max, (() => 1).bind(null)]) {
    await assert.rejects(offloadAsync(fn as () => number), {
      code: 'ERR_GT_OFFLOAD_NOT_SELF_CONTAINED',
      message: /it is native or bound/,
    })
  }
  class Secret {
    #value = 1
    read(): number {
      return this.#value
    }
  }
  await assert.rejects(offloadAsync(new Secret().read), { message: /can't stand alone/ })
  class Unfit {}
  await assert.rejects(offloadAsync(Unfit as never), { code: 'ERR_GT_INVALID_ARGUMENT' })
})

test('a ReferenceError of other code stays what it is', async () => {
  const call = offloadAsync(() => new Function('return elsewhere')())
  await assert.rejects(call, ReferenceError)
})

test('errors keep class name, message, code, cause and stack, and show where the thread waits', async () => {
  const thread = spawn(function handler() {
    offload<typeof tasks.fail>(tasksUrl, 'fail', 'own')
  })
  await assert.rejects(
    async () => await thread,
    (error: Error & { code?: string; limits?: object }) => {
      assert.equal(error.name, 'QuotaError')
      assert.equal(error.message, 'over the quota')
      assert.equal(error.code, 'E_QUOTA')
      assert.deepEqual(error.limits, { daily: 5 })
      assert.ok(error.cause instanceof TypeError)
      assert.equal(error.cause.message, 'inner')
      assert.match(
        error.stack ?? '',
        /offload-tasks[\s\S]*waited for by green thread[\s\S]*handler/,
      )
      assert.deepEqual(Object.keys(error).sort(), ['code', 'limits'])
      return true
    },
  )
  await assert.rejects(offloadAsync(tasksUrl, 'fail', 'library'), RangeError)
  await assert.rejects(offloadAsync(tasksUrl, 'fail', 'several'), (error: AggregateError) => {
    assert.ok(error instanceof AggregateError)
    assert.ok(error.errors[1] instanceof TypeError)
    assert.deepEqual(
      error.errors.map(({ message }) => message),
      ['one', 'two'],
    )
    return true
  })
  await assert.rejects(offloadAsync(tasksUrl, 'fail', 'data'), { plain: 'data' })
})

test('memory moves when it is asked to', async () => {
  const bytes = new Uint8Array(1000)
  assert.equal(await offloadAsync((array: Uint8Array) => array.length, transfer(bytes)), 1000)
  assert.equal(bytes.length, 0)
  const copied = new Uint8Array(10)
  assert.equal(await offloadAsync((array: Uint8Array) => array.length, copied), 10)
  assert.equal(copied.length, 10)
  const result = await offloadAsync<typeof tasks.moved>(tasksUrl, 'moved', 5)
  assert.deepEqual(result, new Uint8Array(5).fill(7))
})

test('what cannot be copied is refused, in both directions', async () => {
  const there = offloadAsync(
    (fn: () => void) => typeof fn,
    () => {},
  )
  await assert.rejects(there, { code: 'ERR_GT_OFFLOAD_NOT_CLONEABLE' })
  const back = offloadAsync(() => () => {})
  await assert.rejects(back, { code: 'ERR_GT_OFFLOAD_NOT_CLONEABLE' })
  assert.equal(await offloadAsync(() => 'works still'), 'works still')
})

test('outside of a green thread it fails before anything is sent', () => {
  assert.throws(() => offload(() => 1), {
    code: 'ERR_GT_NOT_IN_GREEN_THREAD',
    message: /await offloadAsync\(fn, \.\.\.args\)/,
  })
})

test('the async context is kept', async () => {
  const storage = new AsyncLocalStorage<string>()
  const thread = storage.run('kept', () =>
    spawn(() => {
      offload(() => 1)
      return storage.getStore()
    }),
  )
  assert.equal(await thread, 'kept')
})
