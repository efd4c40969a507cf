import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import type { PGlite } from '@electric-sql/pglite'
import { createInMemory, SnapshotFile } from '../../src/storage/embedded-snapshot.ts'

const databases: PGlite[] = []

describe('the snapshot that embedded databases begin with', () => {
  let folder: string
  let path: string
  let snapshot: SnapshotFile

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'snapshot-'))
    path = join(folder, 'cache', 'file.tar.gz')
    snapshot = new SnapshotFile(path)
  })
  afterEach(async () => {
    for (const database of databases.splice(0)) await database.close()
    await rm(folder, { recursive: true })
  })

  test('is made by the first one, and holds nothing of what that one stores later', async () => {
    const first = await opened(path)
    await first.exec('CREATE TABLE later (id integer)')
    const second = await opened(path)
    assert.equal(await identifierOf(second), await identifierOf(first))
    await second.exec('CREATE TABLE later (id integer)')
  })

  test('is there whole or not at all, whoever writes at the same time', async () => {
    assert.equal(await snapshot.read(), undefined)
    const contents = Array.from({ length: 10 }, (_, index) => `${index}`.repeat(100_000))
    await Promise.all(contents.map((content) => snapshot.write(new Blob([content]))))
    assert.ok(contents.includes((await (await snapshot.read())?.text()) ?? ''))
    assert.deepEqual(await readdir(join(folder, 'cache')), ['file.tar.gz'])
  })

  for (const [damage, of] of [
    ['cut off', (whole: Buffer) => whole.subarray(0, whole.length / 2)],
    ['empty', () => Buffer.alloc(0)],
    ['changed in one bit', (whole: Buffer) => flipped(whole, whole.length - 6)],
  ] as const) {
    test(`is not used when its file is ${damage}, and can be made again`, async () => {
      await snapshot.write(new Blob(['content']))
      await writeFile(path, of(await readFile(path)))
      const [read, warning] = await Promise.all([snapshot.read(), once(process, 'warning')])
      assert.equal(read, undefined)
      assert.match(String(warning[0]), /file\.tar\.gz, with which .* can't be used: /)
      await snapshot.write(new Blob(['again']))
      assert.equal(await (await snapshot.read())?.text(), 'again')
    })
  }

  test('that can not be written is gone without, and the reason is told', async () => {
    await writeFile(join(folder, 'cache'), 'a file where the folder should be')
    const warned = once(process, 'warning')
    await snapshot.write(new Blob(['content']))
    assert.match(String((await warned)[0]), /can't be written: E(EXIST|NOTDIR)/)
  })
})

async function opened(path: string): Promise<PGlite> {
  const database = await createInMemory(path)
  databases.push(database)
  return database
}

/** Initdb makes up another one each time. */
async function identifierOf(database: PGlite): Promise<string | undefined> {
  const { rows } = await database.query<{ id: string }>(
    'SELECT system_identifier::text AS id FROM pg_control_system()',
  )
  return rows[0]?.id
}

function flipped(bytes: Buffer, index: number): Buffer {
  const changed = Buffer.from(bytes)
  changed[index] = (changed[index] ?? 0) ^ 1
  return changed
}
