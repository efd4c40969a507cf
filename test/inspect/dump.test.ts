import assert from 'node:assert/strict'
import { test } from 'node:test'
import { spawn } from 'greenthreads'
import { dump } from 'greenthreads/inspect'
import { WaitQueue } from 'greenthreads/lowlevel'

test('a dump has the name and the stack of each suspended thread, which stays where it is', async () => {
  assert.equal(dump(), '0 suspended green threads')
  const queue = new WaitQueue<number>()
  const threads = [
    spawn(function loader() {
      return waitForRow(queue)
    }),
    spawn(function writer() {
      return queue.park()
    }),
  ]
  const text = dump()
  assert.match(
    text,
    /^2 suspended green threads\n\ngreen thread \d+ \(loader\)\n {4}at waitForRow /,
  )
  assert.match(text, /\n\ngreen thread \d+ \(writer\)\n {4}at .*writer/)
  assert.equal(dump(), text)
  for (const value of [1, 2]) queue.unparkOne(value)
  assert.deepEqual(await Promise.all(threads), [1, 2])
  assert.equal(dump(), '0 suspended green threads')
})

function waitForRow(queue: WaitQueue<number>): number {
  const row = queue.park()
  return row
}
