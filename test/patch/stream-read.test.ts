import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Cancelled, spawn } from 'greenthreads'
import { original, patch, unpatchAll } from 'greenthreads/patch'
import { turn } from './turn.ts'

const isLinux = process.platform === 'linux'
const folder = fs.mkdtempSync(join(tmpdir(), 'gt-pipes-'))
patch('fs')
after(() => {
  unpatchAll()
  fs.rmSync(folder, { recursive: true })
})

/** Makes named pipes. */
const maker = 'mkfifo'

/** Both ends of a new named pipe. */
function pipe(name: string): { input: number; output: number } {
  const path = join(folder, name)
  execFileSync(maker, [path])
  // Opened for both, so that no open waits for another.
  const both = fs.openSync(path, 'r+')
  const input = fs.openSync(path, 'r')
  const output = fs.openSync(path, 'w')
  fs.closeSync(both)
  return { input, output }
}

test('readSync waits for what is written to a pipe', { skip: !isLinux }, async () => {
  const { input, output } = pipe('later')
  const buffer = Buffer.alloc(10, '.')
  const thread = spawn(() => fs.readSync(input, buffer, 2, 5, null))
  await turn()
  assert.equal(thread.state, 'suspended')
  fs.writeSync(output, 'abcdefgh')
  assert.equal(await thread, 5)
  assert.equal(buffer.toString(), '..abcde...')
  assert.equal(await spawn(() => fs.readSync(input, buffer)), 3)
  assert.equal(buffer.toString(), 'fghbcde...')
  fs.closeSync(output)
  fs.closeSync(input)
})

test('what is in the pipe already is read at once', { skip: !isLinux }, () => {
  const { input, output } = pipe('there')
  fs.writeSync(output, 'words')
  const buffer = Buffer.alloc(5)
  assert.equal(spawn(() => fs.readSync(input, buffer)).join(), 5)
  assert.equal(buffer.toString(), 'words')
  fs.closeSync(output)
  fs.closeSync(input)
})

test('the end of a pipe is zero bytes', { skip: !isLinux }, async () => {
  const { input, output } = pipe('ending')
  const thread = spawn(() => fs.readSync(input, Buffer.alloc(5)))
  await turn()
  fs.closeSync(output)
  assert.equal(await thread, 0)
  fs.closeSync(input)
})

test('readFileSync of a descriptor reads a pipe to its end', { skip: !isLinux }, async () => {
  const { input, output } = pipe('whole')
  const text = spawn(() => fs.readFileSync(input, 'utf8'))
  await turn()
  fs.writeSync(output, 'one line, ')
  await turn()
  fs.writeSync(output, 'and änother')
  await turn()
  fs.closeSync(output)
  assert.equal(await text, 'one line, and änother')
  fs.closeSync(input)
})

test('more pipes can be waited for than the pool has threads', { skip: !isLinux }, async () => {
  const pipes = Array.from({ length: 12 }, (_, i) => pipe(`many-${i}`))
  const threads = pipes.map(({ input }) =>
    spawn(() => {
      const buffer = Buffer.alloc(8)
      return buffer.toString('utf8', 0, fs.readSync(input, buffer))
    }),
  )
  await spawn(() => fs.statSync('/')) // the pool is free
  for (const [i, { output }] of pipes.entries()) fs.writeSync(output, `n${i}`)
  assert.deepEqual(
    await Promise.all(threads),
    Array.from({ length: 12 }, (_, i) => `n${i}`),
  )
  for (const { input, output } of pipes) {
    fs.closeSync(input)
    fs.closeSync(output)
  }
})

test('a cancelled thread stops waiting, and takes nothing from the pipe', {
  skip: !isLinux,
}, async () => {
  const before = fs.readdirSync('/proc/self/fd').length
  const { input, output } = pipe('cancelled')
  const thread = spawn(() => fs.readSync(input, Buffer.alloc(5)))
  await turn()
  thread.cancel()
  await assert.rejects(async () => await thread, Cancelled)
  await turn()
  fs.writeSync(output, 'still')
  const buffer = Buffer.alloc(5)
  assert.equal(original(fs.readSync)(input, buffer), 5)
  assert.equal(buffer.toString(), 'still')
  fs.closeSync(output)
  fs.closeSync(input)
  assert.equal(fs.readdirSync('/proc/self/fd').length, before)
})

test('the pipe stays blocking for everybody else', { skip: !isLinux }, async () => {
  const { input, output } = pipe('flags')
  const flags = (): string =>
    fs.readFileSync(`/proc/self/fdinfo/${input}`, 'utf8').split('\n')[1] ?? ''
  const before = flags()
  const thread = spawn(() => fs.readSync(input, Buffer.alloc(5)))
  await turn()
  fs.writeSync(output, 'x')
  await thread
  assert.equal(flags(), before)
  fs.closeSync(output)
  fs.closeSync(input)
})
