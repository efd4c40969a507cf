import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { read, root } from './support/repository.ts'

const require = createRequire(import.meta.url)

interface Target {
  types: string
  require?: string
  default: string
}

interface Manifest {
  dependencies?: Record<string, string>
  exports: Record<string, string | Target | { import: Target; require: Target }>
}

const manifest = JSON.parse(read('package.json')) as Manifest

/** Everything that users can import. A name added or removed here changes the package's contract. */
const pinned: Record<string, { values: string[]; types: string[] }> = {
  '.': {
    values: [
      'AddonError',
      'AdmissionRefusedError',
      'AlreadyRegisteredError',
      'AlreadySetError',
      'AlreadyStartedError',
      'AsyncFunctionError',
      'AsyncResult',
      'Barrier',
      'BrokenBarrierError',
      'BugError',
      'Cancelled',
      'CannotSuspendError',
      'Channel',
      'ChannelClosedError',
      'CapturedOriginalWarning',
      'ClientDisconnectedError',
      'Condition',
      'DeadlockWarning',
      'FailingSeedError',
      'DidNotSuspendError',
      'Event',
      'GreenThread',
      'GreenThreadsError',
      'InvalidArgumentError',
      'LoadedTwiceError',
      'Local',
      'NeverParkedError',
      'Lock',
      'NotInGreenThreadError',
      'NotLockedError',
      'NotOwnerError',
      'NotParkedError',
      'OffloadError',
      'OutOfStacksError',
      'OutOfThreadsError',
      'OutsideScopeError',
      'Pool',
      'PoolFullError',
      'StalledError',
      'TaskChannel',
      'RLock',
      'Semaphore',
      'ScopeClosedError',
      'PatchedTwiceWarning',
      'TerminatedError',
      'ThreadsLeftError',
      'TimedOut',
      'TooManyTasksDoneError',
      'TypesNotStrippedError',
      'TooManyPermitsError',
      'WaitOnItselfError',
      'backend',
      'backendReason',
      'assertSuspends',
      'cancelAll',
      'noSuspend',
      'current',
      'firstOf',
      'iterateAsCompleted',
      'joinAll',
      'joinAny',
      'joinSome',
      'scope',
      'shield',
      'sleep',
      'spawn',
      'spawnWith',
      'synced',
      'toAsync',
      'toSync',
      'wait',
      'withTimeout',
      'yieldNow',
    ],
    types: [
      'AdmissionRefusal',
      'CannotSuspendCode',
      'ChannelOptions',
      'Deadline',
      'ImapOptions',
      'ItemOrder',
      'Hold',
      'LocalOptions',
      'PoolOptions',
      'RLockHold',
      'RLockOptions',
      'SemaphoreOptions',
      'IterationOptions',
      'JoinOptions',
      'JoinedResults',
      'Scope',
      'ScopeOptions',
      'OffloadErrorCode',
      'Synced',
      'ThreadOptions',
      'ThreadState',
      'ToAsyncOptions',
      'ToSyncOptions',
      'ToPromiseOptions',
      'WaitOptions',
    ],
  },
  './lowlevel': {
    values: [
      'GreenThread',
      'WaitQueue',
      'callApart',
      'callWhereItMayWait',
      'isInCallback',
      'isOnMainStack',
      'checkFunction',
      'checkTimeout',
      'checkWaitOptions',
      'clock',
      'current',
      'currentThreadId',
      'moduleClass',
      'park',
      'runTicks',
      'shield',
      'spawn',
      'suspendedThreads',
      'takeOverNativeCallbacks',
      'takeOverTicks',
      'throwIfInterrupted',
      'unpark',
      'unparkWithError',
      'useClock',
      'useScheduler',
      'wait',
      'watchEnd',
    ],
    types: ['Clock', 'Scheduler', 'WaitDescription', 'WaitOptions'],
  },
  './inspect': {
    values: ['dump', 'monitorBlocking'],
    types: ['BlockedReport', 'BlockingMonitor', 'MonitorOptions'],
  },
  './testing': {
    values: [
      'assertNoThreadsLeft',
      'explore',
      'untilParked',
      'useSeededScheduler',
      'useVirtualClock',
    ],
    types: ['ExploreOptions', 'SeededScheduler', 'VirtualClock'],
  },
  './greenlet': {
    values: ['Greenlet', 'GreenletError', 'GreenletExit', 'getcurrent', 'gettrace', 'settrace'],
    types: ['GreenletContext', 'GreenletErrorCode', 'TraceEvent', 'Tracer'],
  },
  './patch': {
    values: [
      'isPatched',
      'original',
      'patch',
      'patchAll',
      'patchEvents',
      'replacePackages',
      'unpatch',
      'unpatchAll',
      'waitAnywhere',
    ],
    types: ['PatchEvent', 'PatchOptions', 'PatchableName', 'ReplaceableName', 'WillPatchEvent'],
  },
  './register': { values: [], types: [] },
  './http': {
    values: ['Admission', 'greenHandler'],
    types: [
      'AdmissionOptions',
      'AdmissionSnapshot',
      'GreenHandlerOptions',
      'RequestListener',
      'RouteSnapshot',
    ],
  },
  './offload': {
    values: ['configureOffload', 'offload', 'offloadAsync', 'transfer'],
    types: ['OffloadPoolOptions'],
  },
  './fibers': { values: ['Fiber', 'default'], types: ['FiberConstructor'] },
  './fibers/future': {
    values: ['Future', 'default'],
    types: ['Errback', 'Future', 'FutureConstructor', 'FutureFunction'],
  },
  './fibers/promise': { values: ['makeCompatible'], types: [] },
  './deasync': {
    values: ['deasync', 'default', 'loopWhile', 'promise', 'runLoopOnce', 'sleep'],
    types: ['Deasync'],
  },
  './fastify': {
    values: ['Admission', 'greenthreads'],
    types: ['AdmissionOptions', 'AdmissionSnapshot', 'GreenthreadsOptions', 'RouteSnapshot'],
  },
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

  test(`${specifier} exports what its module does, also when it is required`, async () => {
    const target = importTarget(subpath)
    const module = target.types.replace('.d.ts', '.js')
    const all = (await import(`${root}${module}`)) as Record<string, unknown>
    if (subpath === './register') return // waits at its top level, and exports nothing
    const here = `${target.default} is not what ${module} exports: run node scripts/entries.mjs`
    assert.deepEqual({ ...((await import(specifier)) as object) }, { ...all }, here)
    // Those that have a form of their own for CommonJS are what the packages were that they replace.
    if (target.require !== undefined) assert.equal(require(specifier), all)
  })

  test(`${specifier} exports the pinned types`, () => {
    assert.deepEqual(typesIn(read(importTarget(subpath).types)), [...types].sort())
  })
}

test('the package depends on nothing at run time', () => {
  assert.equal(manifest.dependencies, undefined)
})

function importTarget(subpath: string): Target {
  const target = manifest.exports[subpath]
  assert(typeof target === 'object')
  return 'import' in target ? target.import : target
}

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
