import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const {
  mkdtempSync,
  mkdirSync,
  writeFileSync,
  symlinkSync,
  linkSync,
  rmSync,
  openSync,
  closeSync,
} = fs
const { existsSync, readdirSync, lstatSync, readFileSync, readlinkSync, chmodSync } = fs

/** In memory where there is such a place: thousands of trees are made. */
const place = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** A small tree of files, which is made anew for each call that may change it. */
export class Sandbox {
  readonly root: string = mkdtempSync(join(place, 'gt-patch-'))
  /** An open file for reading and writing, one for reading, a directory, and a closed descriptor. */
  descriptors: readonly number[] = []

  constructor() {
    this.#fill()
  }

  /** As new. */
  reset(): void {
    this.#close()
    for (const name of readdirSync(this.root)) {
      rmSync(join(this.root, name), { recursive: true, force: true })
    }
    this.#fill()
  }

  remove(): void {
    this.#close()
    rmSync(this.root, { recursive: true, force: true })
  }

  /** What is there now. */
  snapshot(): string[] {
    return readdirSync(this.root, { recursive: true, encoding: 'utf8' })
      .sort()
      .map((name) => `${name} ${this.#describe(join(this.root, name))}`)
  }

  #describe(path: string): string {
    const stats = lstatSync(path)
    const mode = stats.mode.toString(8)
    if (stats.isSymbolicLink()) return `${mode} ${readlinkSync(path)}`
    if (!stats.isFile()) return mode
    return `${mode} ${stats.size > 1000 ? stats.size : readFileSync(path, 'latin1')}`
  }

  #fill(): void {
    const at = (name: string): string => join(this.root, name)
    writeFileSync(at('file'), 'twenty bytes of text')
    writeFileSync(at('empty'), '')
    writeFileSync(at('binary'), Buffer.from([0xff, 0, 0xfe, 0x80, 10]))
    mkdirSync(at('full/inner'), { recursive: true })
    writeFileSync(at('full/inner/deep'), 'deep')
    writeFileSync(at('full/flat'), 'flat')
    mkdirSync(at('hollow'))
    symlinkSync(at('file'), at('link'))
    symlinkSync(at('nowhere'), at('dangling'))
    symlinkSync(at('loop'), at('loop'))
    linkSync(at('file'), at('twin'))
    chmodSync(at('empty'), 0o600)
    const closed = openSync(at('file'), 'r')
    this.descriptors = [
      openSync(at('file'), 'r+'),
      openSync(at('file'), 'r'),
      openSync(this.root, 'r'),
    ]
    closeSync(closed)
  }

  #close(): void {
    for (const descriptor of this.descriptors) {
      try {
        closeSync(descriptor)
      } catch (error) {
        // What was tested may have closed it; anything else is a fault.
        if ((error as NodeJS.ErrnoException).code !== 'EBADF') throw error
      }
    }
  }
}
