import fs from 'node:fs'
import fc from 'fast-check'
import {
  bytes,
  descriptor,
  either,
  encoding,
  inSandbox,
  type Make,
  oneOf,
  options,
  path,
  pathOrDescriptor,
} from './fs-arguments.ts'

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
export const readers: Record<string, fc.Arbitrary<Make>[]> = {
  accessSync: [path, oneOf(undefined, 0, 4, 7, 8, 'r')],
  existsSync: [path],
  fdatasyncSync: [descriptor],
  fstatSync: [descriptor, bigint],
  fsyncSync: [descriptor],
  globSync: [
    oneOf(
      '**',
      '*',
      'full/**',
      'f?l*',
      '[bl]*',
      '**/deep',
      '../*',
      'nowhere/*',
      ['file', 'e*'],
      [''],
    ),
    inSandbox({ exclude: [['full/**'], ['*'], 'file', undefined], withFileTypes: [true, false] }),
  ],
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
  'realpathSync.native': [path, encodingOptions],
  statSync: [path, bigint],
  statfsSync: [oneOf('/proc', '/nowhere'), options({ bigint: [true, false] })],
}

export const writers: Record<string, fc.Arbitrary<Make>[]> = {
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
  lchmodSync: [path, mode],
  lchownSync: [path, uid, uid],
  linkSync: [path, path],
  lutimesSync: [path, time, time],
  mkdirSync: [path, either(mode, options({ recursive: [true, false, 1], mode: [0o700, 'x'] }))],
  mkdtempDisposableSync: [path, encodingOptions],
  mkdtempSync: [path, encodingOptions],
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
