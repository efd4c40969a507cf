import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import type { Sandbox } from './sandbox.ts'

/** An argument that depends on the sandbox: the same place in each of two. */
export type Make = (sandbox: Sandbox) => unknown

const names = [
  'file',
  'file',
  'empty',
  'binary',
  'full',
  'full/inner',
  'full/inner/deep',
  'full/flat',
  'hollow',
  'link',
  'dangling',
  'loop',
  'twin',
  'missing',
  'missing/below',
  'file/below',
  'full/../file',
  'full/',
  `${'long'.repeat(100)}`,
]

const nonsense: fc.Arbitrary<unknown> = fc.constantFrom<unknown>(
  undefined,
  null,
  true,
  '',
  'nul\0byte',
  NaN,
  -1,
  1.5,
  2 ** 40,
  10n,
  { valueOf: () => 2 },
  {},
  [],
  () => {},
  new URL('http://localhost/file'),
)

/** With a text for counterexamples. */
function named(text: string, make: Make): Make {
  return Object.assign(make, { [fc.toStringMethod]: () => text })
}

function constant(value: unknown): Make {
  return named(fc.stringify(value), () => value)
}

const name: fc.Arbitrary<string> = fc.constantFrom(...names)

/** Mostly good paths, in every form. */
export const path: fc.Arbitrary<Make> = fc.oneof(
  { weight: 8, arbitrary: name.map((at) => named(at, ({ root }) => join(root, at))) },
  {
    weight: 1,
    arbitrary: name.map((at) => named(`Buffer ${at}`, ({ root }) => Buffer.from(join(root, at)))),
  },
  {
    weight: 1,
    arbitrary: name.map((at) => named(`URL ${at}`, ({ root }) => pathToFileURL(join(root, at)))),
  },
  { weight: 1, arbitrary: nonsense.map(constant) },
)

export const descriptor: fc.Arbitrary<Make> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.nat(2).map((i) => named(`descriptor ${i}`, ({ descriptors }) => descriptors[i])),
  },
  { weight: 1, arbitrary: fc.constant(constant(2 ** 20)) }, // not open
  { weight: 1, arbitrary: nonsense.map(constant) },
)

export const pathOrDescriptor: fc.Arbitrary<Make> = fc.oneof(
  { weight: 3, arbitrary: path },
  { weight: 1, arbitrary: descriptor },
)

export function oneOf(...values: unknown[]): fc.Arbitrary<Make> {
  return fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...values).map(constant) },
    { weight: 1, arbitrary: nonsense.map(constant) },
  )
}

/** Records of options, each there or not. */
export function options(values: Record<string, readonly unknown[]>): fc.Arbitrary<Make> {
  const record = Object.fromEntries(
    Object.entries(values).map(([name, some]) => [name, fc.constantFrom<unknown>(...some)]),
  )
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant(constant(undefined)) },
    { weight: 6, arbitrary: fc.record(record, { requiredKeys: [] }).map(constant) },
    { weight: 1, arbitrary: nonsense.map(constant) },
  )
}

/** One of several kinds. */
export function either(...kinds: fc.Arbitrary<Make>[]): fc.Arbitrary<Make> {
  return fc.oneof(...kinds)
}

/** Bytes to write or to read into: new ones for each call. */
export const bytes: fc.Arbitrary<Make> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .constantFrom(0, 1, 5, 64)
      .map((n) => named(`${n} bytes`, () => Buffer.alloc(n, 'x'))),
  },
  { weight: 2, arbitrary: fc.constant(named('Float64Array', () => new Float64Array(3))) },
  {
    weight: 1,
    arbitrary: fc.constant(named('DataView', () => new DataView(new ArrayBuffer(8), 2))),
  },
  { weight: 1, arbitrary: nonsense.map(constant) },
)

export const encoding: fc.Arbitrary<Make> = oneOf(
  undefined,
  null,
  'utf8',
  'utf-8',
  'UTF8',
  'latin1',
  'hex',
  'base64',
  'buffer',
  'no-such',
)

/** As `options`, with the sandbox as the working directory; at times another one, or none. */
export function inSandbox(values: Record<string, readonly unknown[]>): fc.Arbitrary<Make> {
  const places: fc.Arbitrary<Make> = fc.oneof(
    { weight: 6, arbitrary: fc.constant(named('sandbox', ({ root }) => root)) },
    { weight: 1, arbitrary: path },
    { weight: 1, arbitrary: fc.constantFrom('.', 'full', undefined).map(constant) },
  )
  return fc.tuple(places, options(values)).map(([place, others]) =>
    named(`${fc.stringify(others)} in ${fc.stringify(place)}`, (sandbox) => {
      const given = others(sandbox)
      return typeof given === 'function' ? given : { ...(given as object), cwd: place(sandbox) }
    }),
  )
}
