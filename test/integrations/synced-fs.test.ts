import assert from 'node:assert/strict'
import * as promises from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { spawn, synced } from 'greenthreads'

const fs = synced(promises)
const folder = await promises.mkdtemp(join(tmpdir(), 'synced-fs-'))

after(() => promises.rm(folder, { recursive: true }))

test('files are written, listed and read', async () => {
  const thread = spawn(() => {
    const file = join(folder, 'note.txt')
    fs.writeFile(file, 'first\n')
    fs.appendFile(file, 'second\n')
    return [fs.readFile(file, 'utf8'), fs.readdir(folder), fs.stat(file).isFile()]
  })
  assert.deepEqual(await thread, ['first\nsecond\n', ['note.txt'], true])
})

test('the methods of an open file wait', async () => {
  const thread = spawn(() => {
    const file = fs.open(join(folder, 'open.txt'), 'w+')
    try {
      file.write('0123456789')
      const { bytesRead, buffer } = file.read(Buffer.alloc(4), 0, 4, 3)
      return [bytesRead, String(buffer), file.stat().size]
    } finally {
      file.close()
    }
  })
  assert.deepEqual(await thread, [4, '3456', 10])
})

test('errors have their code, and the synchronous stack', async () => {
  const thread = spawn(function load() {
    return fs.readFile(join(folder, 'missing'))
  })
  await assert.rejects(
    async () => await thread,
    (error: NodeJS.ErrnoException) => {
      assert.equal(error.code, 'ENOENT')
      assert.match(error.stack ?? '', /waited for by green thread[\s\S]*load/)
      return true
    },
  )
})
