import assert from 'node:assert/strict'
import { type Construct, constructs, type SpecialConstruct } from '../../support/constructs.ts'
import {
  type Exports,
  instantiate,
  missing,
  starting,
  storing,
  twice,
  wasm,
} from '../../support/webassembly.ts'

constructs(
  'WebAssembly',
  inAll({
    'an imported function': ({ id, pause }) => {
      const exports = instantiate(twice, () => pause(id))
      assert.equal(exports.run(), 2 * id)
    },

    'the result of an import that is converted': ({ id, pause }) => {
      const exports = instantiate(twice, () => ({ valueOf: () => pause(id) }))
      assert.equal(exports.run(), 2 * id)
    },

    'an error that an import throws': ({ id, pause }) => {
      const exports = instantiate(twice, () => {
        pause()
        throw new Error(`import ${id}`)
      })
      assert.throws(() => exports.run(), { message: `import ${id}` })
    },

    'the start function': ({ pause }) => {
      let started = 0
      instantiate(starting, () => {
        pause()
        started++
      })
      assert.equal(started, 1)
    },

    'memory that grows while a call is suspended': ({ id, pause }) => {
      const exports: Exports = instantiate(storing, () => {
        pause()
        exports.memory.grow(1)
        return id
      })
      assert.equal(exports.run(), id)
      assert.equal(new Int32Array(exports.memory.buffer)[0], id)
    },

    'nested instances': ({ id, pause }) => {
      const inner = instantiate(twice, () => pause(id))
      const outer = instantiate(twice, () => inner.run())
      assert.equal(outer.run(), 4 * id)
    },

    'an imported global and a table of functions': ({ id, pause }) => {
      const table = new wasm.Table({ initial: { valueOf: () => pause(1) }, element: 'anyfunc' })
      const exports = instantiate(twice, () => pause(id))
      table.set(0, exports.run)
      assert.equal(table.get(0)(), 2 * id)
    },
  }),
)

/** Marks what can't run without WebAssembly. */
function inAll(list: Record<string, Construct>): Record<string, SpecialConstruct> {
  return Object.fromEntries(Object.entries(list).map(([name, run]) => [name, { run, missing }]))
}
