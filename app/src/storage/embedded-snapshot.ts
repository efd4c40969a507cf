import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { PGlite } from '@electric-sql/pglite'

const pack = promisify(gzip)
const unpack = promisify(gunzip)

/**
 * A new database in memory. To set one up from nothing takes seconds of computing, so that state is kept in a
 * file, and the next database begins with it.
 */
export async function createInMemory(path?: string): Promise<PGlite> {
  const snapshot = new SnapshotFile(path ?? (await usualPath()))
  const kept = await snapshot.read()
  if (kept !== undefined) return await PGlite.create({ loadDataDir: kept })
  const database = await PGlite.create()
  await snapshot.write(await database.dumpDataDir('none'))
  return database
}

/** Packed, so that its checksum tells whether it is whole. Without the file everything works, and takes longer. */
export class SnapshotFile {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  /** Undefined when there is none, or none that can be used. */
  async read(): Promise<Blob | undefined> {
    try {
      return new Blob([await unpack(await readFile(this.#path))])
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#warn('used', error)
      return undefined
    }
  }

  async write(content: Blob): Promise<void> {
    try {
      await mkdir(dirname(this.#path), { recursive: true })
      await this.#replace(await pack(await content.arrayBuffer(), { level: 1 }))
    } catch (error) {
      this.#warn('written', error)
    }
  }

  /** Other processes may read the file, or write the same, at this moment: they see all of it or nothing. */
  async #replace(bytes: Buffer): Promise<void> {
    const unfinished = `${this.#path}.${randomUUID()}`
    try {
      await writeFile(unfinished, bytes)
      await rename(unfinished, this.#path)
    } finally {
      await rm(unfinished, { force: true })
    }
  }

  #warn(what: string, error: unknown): void {
    process.emitWarning(
      `${this.#path}, with which embedded databases start faster, can't be ${what}: ${(error as Error).message}`,
    )
  }
}

/** Another version of PGlite may lay its files out in another way. */
async function usualPath(): Promise<string> {
  const manifest = new URL('../package.json', import.meta.resolve('@electric-sql/pglite'))
  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string }
  // From dist/src/storage to the root of the application.
  const file = `../../../.cache/embedded-database/pglite-${version}.tar.gz`
  return fileURLToPath(new URL(file, import.meta.url))
}
