import assert from 'node:assert/strict'
import { test } from 'node:test'
import { spawn, wait } from 'greenthreads'
import { currentThreadId } from 'greenthreads/lowlevel'

test('each green thread has an id of its own, and the main stack has 0', async () => {
  const body = (): number[] => {
    const before = currentThreadId()
    wait(Promise.resolve())
    return [before, currentThreadId()]
  }
  const threads = [spawn(body), spawn(body)]
  const ids = threads.map(({ id }) => [id, id])
  assert.deepEqual(await Promise.all(threads), ids)
  assert.notEqual(threads[0]?.id, threads[1]?.id)
  assert.equal(currentThreadId(), 0)
})
