import assert from 'node:assert/strict'
import fs from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { original, patchAll, patchEvents, unpatchAll } from 'greenthreads/patch'
import { callCount } from './call-counts.ts'
import { ofOriginal, ofPatched, type Result } from './comparison.ts'
import type { Make } from './fs-arguments.ts'
import { readers, writers } from './fs-calls.ts'
import { Sandbox } from './sandbox.ts'

type AnyFunction = (...args: unknown[]) => unknown

process.removeAllListeners('warning') // existsSync and rmdirSync have deprecated uses
const sandbox = new Sandbox()
const patched = new Set<string>()
patchEvents.on('didPatch', ({ module, name }) => {
  if (module === 'fs') patched.add(name)
})
patchAll()
const place = process.cwd()
process.chdir(sandbox.root) // names without a folder must not litter another one
after(() => {
  unpatchAll()
  process.chdir(place)
  sandbox.remove()
})

const calls = Object.entries({ ...readers, ...writers }).filter(([name]) => functionNamed(name))

/** Where this platform, or this version of Node.js, has it. */
function functionNamed(name: string): AnyFunction | undefined {
  const [key = '', part] = name.split('.')
  const fn = (fs as unknown as Record<string, AnyFunction | undefined>)[key]
  return part === undefined ? fn : (fn as unknown as Record<string, AnyFunction>)[part]
}

for (const [name, kinds] of calls) {
  test(`fs.${name} does in a green thread what it does elsewhere`, async () => {
    await fc.assert(
      fc.asyncProperty(callOf(name, kinds), async ({ makes }) => {
        const expected = await trial(name, makes, ofOriginal)
        assert.deepEqual(await trial(name, makes, ofPatched), expected)
      }),
      { numRuns: callCount(), includeErrorInReport: true },
    )
  })
}

const directoryCalls = fc.array(
  fc.tuple(
    fc.constantFrom('readSync', 'readSync', 'closeSync'),
    fc.constantFrom<unknown[]>([], [5], [null]),
  ),
  { maxLength: 6 },
)

test('an open directory does in a green thread what it does elsewhere', async () => {
  const run = async (
    at: Make,
    calls: readonly [string, unknown[]][],
    way: Way,
  ): Promise<unknown[]> => {
    const directory = original(fs.opendirSync)(at(sandbox) as string)
    const methods = directory as unknown as Record<string, AnyFunction>
    const results: unknown[] = []
    for (const [name, args] of calls) {
      results.push(await way(methods[name] as AnyFunction, directory, args))
    }
    await way(methods.closeSync as AnyFunction, directory, []) // unless it is closed
    return results
  }
  const folder = fc.constantFrom('', 'full', 'hollow')
  await fc.assert(
    fc.asyncProperty(folder, directoryCalls, async (name, calls) => {
      const at: Make = ({ root }) => join(root, name)
      assert.deepEqual(await run(at, calls, ofPatched), await run(at, calls, ofOriginal))
    }),
    { numRuns: callCount(), includeErrorInReport: true },
  )
})

test('every function that is patched is compared', () => {
  const compared = new Set([
    ...calls.map(([name]) => name.split('.').at(-1)),
    'readSync', // of a directory as well
    'closeSync',
  ])
  assert.deepEqual(
    [...patched].filter((name) => !compared.has(name)),
    [],
  )
})

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
  const result = tidy(name, await way(functionNamed(name) as AnyFunction, fs, args))
  const contents = args.filter((argument) => ArrayBuffer.isView(argument)).map(contentOf)
  return { result, contents, files: isWriter ? sandbox.snapshot().map(nameless).sort() : undefined }
}

function contentOf({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString('latin1')
}

/** Descriptors and random names differ. What was made under such a name is taken away, and its mode told. */
function tidy(name: string, result: Result): Result {
  if (!('value' in result)) return result
  const { value } = result
  switch (name) {
    case 'openSync':
      fs.closeSync(value as number)
      return { value: 'a descriptor' }
    case 'mkdtempSync':
      return { value: withoutSuffix(value) }
    case 'mkdtempDisposableSync': {
      const made = value as { path: unknown; remove(): void }
      const named = withoutSuffix(made.path)
      made.remove() // finds nothing any more, which is no error
      return { value: `${named} ${Object.keys(made).join()}` }
    }
    default:
      return result
  }
}

/** A temporary directory that is left by a call which failed afterwards, as it does when asked for bytes. */
function nameless(line: string): string {
  return line.replace(/\w{6} 40700$/, 'XXXXXX 40700')
}

const RANDOM_CHARACTERS = 6

/** The path of a new directory, which is removed, in whatever encoding it was asked for. */
function withoutSuffix(value: unknown): string {
  const [, kind = '', text = ''] = /^(Buffer )?(.*)$/s.exec(String(value)) ?? []
  for (const encoding of ['utf8', 'hex', 'base64', 'latin1'] as const) {
    const path = Buffer.from(text, encoding).toString()
    if (!fs.existsSync(path)) continue
    const mode = fs.statSync(path).mode.toString(8)
    fs.rmdirSync(path)
    return `${kind}${encoding} ${path.slice(0, -RANDOM_CHARACTERS)} ${mode}`
  }
  throw new Error(`No directory was made: ${text}`)
}
