import assert from 'node:assert/strict'
import fs from 'node:fs'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { patchAll, unpatchAll } from 'greenthreads/patch'
import { ofOriginal, ofPatched, type Result } from './comparison.ts'
import {
  bytes,
  descriptor,
  either,
  encoding,
  type Make,
  oneOf,
  options,
  path,
  pathOrDescriptor,
} from './fs-arguments.ts'
import { Sandbox } from './sandbox.ts'

type AnyFunction = (...args: unknown[]) => unknown

process.removeAllListeners('warning') // existsSync and rmdirSync have deprecated uses
const functions = fs as unknown as Record<string, AnyFunction>

const mode = oneOf(undefined, 0o644, 0o7, '600', 'rw', -1)
const uid = oneOf(0, 1000, -1, 2 ** 31)
const time = oneOf(0, 1e9, 1.5e9, '1700000000', new Date(1e12), new Date(Number.NaN), 'soon')
const flag = oneOf(undefined, 'r', 'r+', 'w', 'wx', 'a', 'ax+', 'sr', fs.constants.O_RDONLY, 'zz')
const number = oneOf(undefined, null, 0, 1, 3, 20, 100, '5')
const encodingOptions = either(
  encoding,
  options({ encoding: [undefined, 'utf8', 'hex', 'buffer', 'odd'] }),
)
const bigint = options({ bigint: [true, false, 1], throwIfNoEntry: [true, false, undefined] })
const writing = either(
  encoding,
  options({
    encoding: ['utf8', 'latin1', 'odd', null],
    mode: [0o600, 'x'],
    flag: ['w', 'a', 'wx', 'r+', 'zz', undefined],
    flush: [true, false, 1],
  }),
)
const data = either(bytes, oneOf('text', 'téxt', ''))

/** With links that lead nowhere, or are named by bytes, the originals of Node.js 24 and 26 end the process. */
const copied = path.filter((make) => !/loop|dangling|Buffer link/.test(fc.stringify(make)))

/** The arguments of each function; those that change nothing share their sandboxes. */
const readers: Record<string, fc.Arbitrary<Make>[]> = {
  accessSync: [path, oneOf(undefined, 0, 4, 7, 8, 'r')],
  existsSync: [path],
  fdatasyncSync: [descriptor],
  fstatSync: [descriptor, bigint],
  fsyncSync: [descriptor],
  lstatSync: [path, bigint],
  opendirSync: [path, options({ encoding: ['utf8', 'odd'], bufferSize: [1, 32, 0, 'x'] })],
  readdirSync: [
    path,
    either(
      encoding,
      options({
        encoding: ['utf8', 'buffer', 'odd'],
        withFileTypes: [true, false],
        recursive: [true, false, 'x'],
      }),
    ),
  ],
  readlinkSync: [path, encodingOptions],
  realpathSync: [path, encodingOptions],
  statSync: [path, bigint],
  statfsSync: [oneOf('/proc', '/nowhere'), options({ bigint: [true, false] })],
}

const writers: Record<string, fc.Arbitrary<Make>[]> = {
  appendFileSync: [pathOrDescriptor, data, writing],
  chmodSync: [path, mode],
  chownSync: [path, uid, uid],
  closeSync: [descriptor],
  copyFileSync: [path, path, oneOf(undefined, 0, 1, 4, 8, 'x')],
  cpSync: [
    copied,
    copied,
    options({
      recursive: [true, true, false],
      force: [true, false],
      errorOnExist: [true, false],
      dereference: [true, false],
      preserveTimestamps: [true],
      verbatimSymlinks: [true, false],
      mode: [0, 1, 'x'],
    }),
  ],
  fchmodSync: [descriptor, mode],
  fchownSync: [descriptor, uid, uid],
  ftruncateSync: [descriptor, number],
  futimesSync: [descriptor, time, time],
  lchownSync: [path, uid, uid],
  linkSync: [path, path],
  lutimesSync: [path, time, time],
  mkdirSync: [path, either(mode, options({ recursive: [true, false, 1], mode: [0o700, 'x'] }))],
  openSync: [path, flag, mode],
  readFileSync: [
    pathOrDescriptor,
    either(encoding, options({ encoding: ['utf8', 'hex', null, 'odd'], flag: ['r', 'a+', 'zz'] })),
  ],
  readSync: [
    descriptor,
    bytes,
    either(
      number,
      options({ offset: [0, 2], length: [1, 3, 100], position: [0, 4, null, -1, 2n] }),
    ),
    number,
    either(number, oneOf(2n, -1)),
  ],
  readvSync: [descriptor, oneOf([Buffer.alloc(3), new Uint8Array(4)], [], [1]), number],
  renameSync: [path, path],
  rmSync: [
    path,
    options({
      recursive: [true, false, 'x'],
      force: [true, false],
      maxRetries: [0, 1, 'x'],
      retryDelay: [1],
    }),
  ],
  rmdirSync: [path, options({ maxRetries: [1, 'x'], recursive: [false] })],
  symlinkSync: [path, path, oneOf(undefined, 'file', 'dir', 'junction', 'odd')],
  truncateSync: [path, number],
  unlinkSync: [path],
  utimesSync: [path, time, time],
  writeFileSync: [pathOrDescriptor, data, writing],
  writeSync: [
    descriptor,
    data,
    either(number, options({ offset: [0, 2], length: [1, 3, 100], position: [0, 4, null] })),
    either(number, encoding),
    number,
  ],
  writevSync: [descriptor, oneOf([Buffer.from('abc'), new Uint8Array(4)], [], [1]), number],
}

const sandbox = new Sandbox()
patchAll()
after(() => {
  unpatchAll()
  sandbox.remove()
})

const numRuns = Number(process.env.PATCH_RUNS ?? 150)

for (const [name, kinds] of Object.entries({ ...readers, ...writers })) {
  test(`fs.${name} does in a green thread what it does elsewhere`, async () => {
    await fc.assert(
      fc.asyncProperty(callOf(name, kinds), async ({ makes }) => {
        const expected = await trial(name, makes, ofOriginal)
        assert.deepEqual(await trial(name, makes, ofPatched), expected)
      }),
      { numRuns, includeErrorInReport: true },
    )
  })
}

interface RandomCall {
  readonly makes: readonly Make[]
}

/** As a rule with all arguments, at times without the last one; counterexamples show it as code. */
function callOf(name: string, kinds: fc.Arbitrary<Make>[]): fc.Arbitrary<RandomCall> {
  return fc.tuple(fc.tuple(...kinds), fc.nat(kinds.length)).map(([all, missing]) => {
    const makes = all.slice(0, missing === 0 ? -1 : undefined)
    const text = `fs.${name}(${makes.map((make) => fc.stringify(make)).join(', ')})`
    return { makes, [fc.toStringMethod]: () => text }
  })
}

type Way = (fn: AnyFunction, receiver: unknown, args: unknown[]) => Result | Promise<Result>

/** The result, what became of the arguments, and of the files. */
async function trial(name: string, makes: readonly Make[], way: Way): Promise<unknown> {
  const isWriter = name in writers
  if (isWriter) sandbox.reset()
  const args = makes.map((make) => make(sandbox))
  const result = tidy(name, await way(functions[name] as AnyFunction, fs, args))
  const contents = args.filter((argument) => ArrayBuffer.isView(argument)).map(contentOf)
  return { result, contents, files: isWriter ? sandbox.snapshot() : undefined }
}

function contentOf({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString('latin1')
}

function tidy(name: string, result: Result): Result {
  if (name !== 'openSync' || !('value' in result)) return result
  fs.closeSync(result.value as number)
  return { value: 'a descriptor' }
}
