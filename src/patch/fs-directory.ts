import fs from 'node:fs'
import { resolve } from 'node:path'
import { conclude } from './conclusion.ts'
import { carryOut, isInGreenThread, tidyUp } from './operation.ts'
import { type Call, callOriginal, type Patch } from './registry.ts'

/** An open directory, and one that removes itself. */
export function directoryPatches(): Patch[] {
  const target = (): object => fs.Dir.prototype
  return [
    { target, key: 'readSync', green: read },
    { target, key: 'closeSync', green: close },
    { target: () => fs, key: 'mkdtempDisposableSync', green: makeDisposable },
  ]
}

function read(call: Call): unknown {
  const dir = call.receiver as fs.Dir
  return conclude(
    call,
    carryOut((done) => dir.read(done)),
  )
}

function close(call: Call): unknown {
  const dir = call.receiver as fs.Dir
  return conclude(
    call,
    tidyUp((done) => dir.close(done)),
  )
}

interface DisposableDirectory {
  path: string | Buffer
  remove(): void
  [Symbol.dispose](): void
}

/** Making it takes one short call of the system, removing it may take any number. */
function makeDisposable(call: Call): unknown {
  const made = callOriginal(call) as DisposableDirectory
  if (typeof made.path !== 'string') return made
  const place = resolve(made.path) // the program may change to another directory
  const originalRemove = made.remove
  const remove = (): void => {
    if (isInGreenThread() && isRemoved(place)) return
    originalRemove()
  }
  return Object.assign(made, { remove, [Symbol.dispose]: remove })
}

function isRemoved(place: string): boolean {
  const options = { recursive: true, force: true }
  return tidyUp((done) => fs.rm(place, options, done)).kind === 'done'
}
