import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { constructs, type Turn } from '../../support/constructs.ts'
import { nodeMajor } from '../../support/versions.ts'

const folder = mkdtempSync(join(tmpdir(), 'greenthreads-modules-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const load = createRequire(join(folder, 'start.cjs'))

// The modules can't import a function that suspends: it belongs to whoever loads them.
const turns = new Map<string, Turn>()
const shared = globalThis as { greenthreadsTurn?: (name: string) => Turn | undefined }
shared.greenthreadsTurn = (name) => turns.get(name)

let files = 0

/** Writes a module nobody has loaded yet, in which `pause()` suspends whoever loads it. */
function fresh(turn: Turn, extension: 'cjs' | 'mjs', text: string): string {
  const name = `m${files++}`
  turns.set(name, turn)
  const path = join(folder, `${name}.${extension}`)
  writeFileSync(
    path,
    `const pause = (value) => globalThis.greenthreadsTurn('${name}').pause(value)\n${text}`,
  )
  return path
}

constructs('module loading', {
  'the body of a CommonJS module': (turn) => {
    const path = fresh(
      turn,
      'cjs',
      `exports.first = pause(${turn.id}); pause(); exports.second = 2`,
    )
    assert.deepEqual({ ...load(path) }, { first: turn.id, second: 2 })
  },

  'CommonJS modules that require each other': (turn) => {
    const second = join(folder, `cycle${files++}.cjs`)
    const first = fresh(
      turn,
      'cjs',
      `exports.early = pause(${turn.id}); exports.other = require('${second}'); pause()`,
    )
    writeFileSync(second, `exports.seen = require('${first}').early`)
    assert.equal(load(first).other.seen, turn.id)
  },

  'a CommonJS module that throws': (turn) => {
    const path = fresh(turn, 'cjs', `pause(); throw new Error('module ${turn.id}')`)
    assert.throws(() => load(path), { message: `module ${turn.id}` })
    assert.equal(load.cache[path], undefined)
  },

  'a getter on the exports': (turn) => {
    const path = fresh(
      turn,
      'cjs',
      `Object.defineProperty(exports, 'late', { get: () => pause(${turn.id}) })`,
    )
    assert.equal(load(path).late, turn.id)
  },

  'a custom extension and a custom resolver': (turn) => {
    const path = join(folder, `plain${files++}.greenthreads`)
    writeFileSync(path, 'not JavaScript')
    load.extensions['.greenthreads'] = (module) => {
      module.exports = turn.pause(turn.id)
    }
    const loaded = load(path)
    assert.equal(typeof loaded, 'number')
  },

  'the body of a required ECMAScript module': {
    missing: nodeMajor < 22 ? 'require() of ECMAScript modules needs Node 22' : undefined,
    run: (turn) => {
      const path = fresh(
        turn,
        'mjs',
        `export const first = pause(${turn.id}); pause(); export const second = 2`,
      )
      assert.deepEqual({ ...load(path) }, { first: turn.id, second: 2 })
    },
  },

  'an ECMAScript module with a dependency': {
    missing: nodeMajor < 22 ? 'require() of ECMAScript modules needs Node 22' : undefined,
    run: (turn) => {
      const dependency = fresh(turn, 'mjs', `export const base = pause(${turn.id})`)
      const path = fresh(
        turn,
        'mjs',
        `import { base } from '${dependency}'\nexport const sum = pause(base) + 1`,
      )
      assert.equal(load(path).sum, turn.id + 1)
    },
  },
})
