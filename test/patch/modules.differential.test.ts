import assert from 'node:assert/strict'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { spawn } from 'greenthreads'
import { patch, unpatch } from 'greenthreads/patch'
import { callCount } from './call-counts.ts'

const folder = fs.mkdtempSync(join(tmpdir(), 'gt-requires-'))
const files: Record<string, string> = {
  'good.cjs': "exports.name = 'good'; exports.main = require.main === module",
  'throws.cjs': "exports.early = 1; throw new RangeError('at the top level')",
  'broken.cjs': 'const = 5',
  'good.json': '{ "a": 1 }',
  'broken.json': '{ "a": ',
  'cycle.cjs': "exports.early = 1; exports.other = Object.keys(require('./end.cjs')).join()",
  'end.cjs': "exports.seen = Object.keys(require('./cycle.cjs')).join()",
  'missing-below.cjs': "require('./nowhere.cjs')",
  'folder/index.js': "module.exports = 'of a folder'",
  'node_modules/package/package.json': '{ "main": "lib.js", "exports": { ".": "./lib.js" } }',
  'node_modules/package/lib.js': "module.exports = function named() {}; module.exports.id = 'lib'",
}
for (const [name, text] of Object.entries(files)) {
  fs.mkdirSync(join(folder, name, '..'), { recursive: true })
  fs.writeFileSync(join(folder, name), text)
}
const load = createRequire(join(folder, 'main.cjs'))
after(() => fs.rmSync(folder, { recursive: true }))

const request = fc.constantFrom<unknown>(
  ...Object.keys(files).map((name) => `./${name}`),
  './good',
  './folder',
  'package',
  'package/lib.js',
  './nowhere',
  'nowhere',
  'node:path',
  'node:nowhere',
  '',
  5,
  undefined,
)

test('require does in a green thread what it does elsewhere, however many modules it is asked for', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(request, { maxLength: 5 }), async (requests) => {
      const expected = requests.map(outcomeOf)
      forget()
      patch('module')
      try {
        assert.deepEqual(await spawn(() => requests.map(outcomeOf)), expected)
      } finally {
        unpatch('module')
        forget()
      }
    }),
    { numRuns: callCount(0.25), includeErrorInReport: true },
  )
})

function outcomeOf(request: unknown): unknown {
  try {
    const exports: unknown = load(request as string)
    return typeof exports === 'object' ? { ...exports } : exports?.toString()
  } catch (error) {
    const { name, code, message } = error as NodeJS.ErrnoException
    const { requireStack } = error as { requireStack?: unknown }
    return { name, code, message, requireStack }
  }
}

function forget(): void {
  for (const file of Object.keys(load.cache)) if (file.startsWith(folder)) delete load.cache[file]
}
