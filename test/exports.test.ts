import assert from 'node:assert/strict'
import { test } from 'node:test'
import { read } from './support/repository.ts'

interface Manifest {
  dependencies?: Record<string, string>
  exports: Record<string, string | { types: string; default: string }>
}

const manifest = JSON.parse(read('package.json')) as Manifest

/** Everything that users can import. A name added or removed here changes the package's contract. */
const pinned: Record<string, { values: string[]; types: string[] }> = {
  '.': {
    values: [
      'AddonError',
      'AlreadyRegisteredError',
      'AlreadyStartedError',
      'BugError',
      'Cancelled',
      'CannotSuspendError',
      'ClientDisconnectedError',
      'DeadlockWarning',
      'GreenThread',
      'GreenThreadsError',
      'InvalidArgumentError',
      'LoadedTwiceError',
      'Local',
      'NotInGreenThreadError',
      'NotParkedError',
      'OutOfStacksError',
      'TerminatedError',
      'TimedOut',
      'WaitOnItselfError',
      'backend',
      'backendReason',
      'current',
      'shield',
      'sleep',
      'spawn',
      'synced',
      'toAsync',
      'toSync',
      'wait',
      'withTimeout',
      'yieldNow',
    ],
    types: [
      'CannotSuspendCode',
      'Deadline',
      'LocalOptions',
      'Synced',
      'ThreadOptions',
      'ThreadState',
    ],
  },
  './lowlevel': {
    values: [
      'WaitQueue',
      'clock',
      'park',
      'suspendedThreads',
      'unpark',
      'unparkWithError',
      'useClock',
    ],
    types: ['Clock'],
  },
  './http': { values: ['greenHandler'], types: ['GreenHandlerOptions', 'RequestListener'] },
  './fastify': { values: ['greenthreads'], types: ['GreenthreadsOptions'] },
}

test('package.json exports the pinned subpaths and no others', () => {
  assert.deepEqual(
    Object.keys(manifest.exports).sort(),
    [...Object.keys(pinned), './package.json'].sort(),
  )
})

for (const [subpath, { values, types }] of Object.entries(pinned)) {
  const specifier = subpath.replace('.', 'greenthreads')

  test(`${specifier} exports the pinned values`, async () => {
    const exported = (await import(specifier)) as Record<string, unknown>
    assert.deepEqual(Object.keys(exported).sort(), [...values].sort())
  })

  test(`${specifier} exports the pinned types`, () => {
    const target = manifest.exports[subpath]
    assert(typeof target === 'object')
    assert.deepEqual(typesIn(read(target.types)), [...types].sort())
  })
}

test('the package depends on nothing at run time', () => {
  assert.equal(manifest.dependencies, undefined)
})

/** The names that a declaration file exports as types only. */
function typesIn(declarations: string): string[] {
  const declared = [...declarations.matchAll(/^export (?:interface|type) (\w+)/gm)].map(
    ([, name]) => name as string,
  )
  const listed = [...declarations.matchAll(/^export (type )?\{([^}]*)\}/gm)].flatMap(
    ([, allTypes, list = '']) =>
      list
        .split(',')
        .map((entry) => entry.trim())
        .filter((entry) => entry !== '' && (allTypes !== undefined || entry.startsWith('type ')))
        .map((entry) => entry.replace(/^type /, '').replace(/^.* as /, '')),
  )
  return [...declared, ...listed].sort()
}
