import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Project } from '../support/project.ts'

// As the runners of tests do: the realm is older than the library.
const program = `
  import vm from 'node:vm'
  const context = vm.createContext({})
  const make = (kind) =>
    vm.runInContext(
      kind + '(sleep, ms) => [1, { toString: () => (sleep(ms), [2, { toString: () => (sleep(1), ms) }].join("-")) }].join()',
      context,
    )
  const links = [make(''), make('async ')]
  const { sleep, spawn } = await import('greenthreads')
  for (const link of links) {
    for (const times of [[5, 2, 3], [1, 1, 1], [3, 2, 1], [1, 2, 1]]) {
      console.log(...(await Promise.all(times.map((ms) => spawn(link, sleep, ms)))))
    }
  }`

test('joins in a realm that was there before the library end in any order', async () => {
  using project = new Project({ 'app.mjs': program })
  const { code, signal, stdout, stderr } = await project.node(['app.mjs'])
  assert.equal(stderr, '')
  const lines = ['1,2-5 1,2-2 1,2-3', '1,2-1 1,2-1 1,2-1', '1,2-3 1,2-2 1,2-1', '1,2-1 1,2-2 1,2-1']
  assert.deepEqual(stdout.trimEnd().split('\n'), [...lines, ...lines])
  assert.deepEqual([code, signal], [0, null])
})

test('a realm that forbids code from strings starts threads all the same', async () => {
  using project = new Project({
    'app.mjs': `
      import vm from 'node:vm'
      const context = vm.createContext({}, { codeGeneration: { strings: false } })
      const link = vm.runInContext('() => [1, 2].join()', context)
      const { spawn } = await import('greenthreads')
      console.log(await spawn(link))`,
  })
  const { code, stdout, stderr } = await project.node(['app.mjs'])
  assert.equal(stderr, '')
  assert.deepEqual([code, stdout], [0, '1,2\n'])
})
