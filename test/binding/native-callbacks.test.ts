import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runScript } from '../core/script.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const file = `prebuilds/${process.platform}-${process.arch}/node.abi${process.versions.modules}.node`
const addons = `
  import { createRequire } from 'node:module'
  const load = createRequire(import.meta.url)
  const loadFixtures = (name) => load(${JSON.stringify(`${root}test/native/`)} + name + ${JSON.stringify(`/${file}`)})
  const loadCore = () => load(${JSON.stringify(root + file)})
`

async function linesOf(source: string, flags: string[] = []): Promise<string[]> {
  const { code, stdout, stderr } = await runScript(addons + source, flags)
  assert.equal(stderr, '')
  assert.equal(code, 0)
  return stdout.trim().split('\n')
}

test('waiting inside a callback of native code lets the event loop go on', async () => {
  const lines = await linesOf(`
    import { sleep, spawn, wait } from 'greenthreads'
    const fixtures = loadFixtures('fixtures')
    const thread = spawn(() => fixtures.makeCallback(() => wait(new Promise((resolve) => {
      setImmediate(() => process.nextTick(() => Promise.resolve('waited').then(resolve)))
    }))))
    console.log(await thread)
  `)
  assert.deepEqual(lines, ['waited'])
})

// The probe looks for a number that grows with each nested callback, and takes none above 1000 for it:
// loaded so deep, the core is as in a build of Node.js in which it is not there.
test('waiting inside a callback of native code is refused where those are not counted', async () => {
  const lines = await linesOf(
    `
    import { AsyncResource } from 'node:async_hooks'
    const fixtures = loadFixtures('fixtures')
    const nest = (depth) => depth === 0 ? loadCore() : fixtures.inCallbackScope(() => nest(depth - 1))
    console.log('counts:', nest(1100).countsCallbacks)
    const { GreenThread, sleep, spawn, wait } = await import('greenthreads')
    const codeOf = (f) => { try { return f() } catch (error) { return error.code } }
    const inside = (around) => spawn(() => around(() => codeOf(() => wait(Promise.resolve('waited')))))
    console.log('plain:', await inside((f) => f()))
    console.log('callback:', await inside((f) => fixtures.makeCallback(f)))
    console.log('scope:', await inside((f) => new AsyncResource('Scope').runInAsyncScope(f)))
    console.log('thread in a callback:', await spawn(() => {
      const inner = fixtures.makeCallback(() => spawn(() => wait(Promise.resolve('waited'))))
      return inner.join()
    }))
    console.log('after a refusal:', await spawn(() => {
      fixtures.makeCallback(() => codeOf(() => sleep(1)))
      sleep(1)
      return wait(Promise.resolve('waited'))
    }))
  `,
    ['--stack-size=4000'],
  )
  const refused = 'ERR_GT_CANNOT_SUSPEND_NATIVE_CALLBACK'
  assert.deepEqual(lines, [
    'counts: false',
    'plain: waited',
    `callback: ${refused}`,
    `scope: ${refused}`,
    'thread in a callback: waited',
    'after a refusal: waited',
  ])
})

test('waiting inside a Node-API function is refused, however the addon came in', async () => {
  const refused = 'ERR_GT_CANNOT_SUSPEND_NODE_API'
  const attempts = `
    const codeOf = (f) => { try { return f() } catch (error) { return error.code } }
    for (const name of ['napiCall', 'napiCallInHandleScope', 'napiMakeCallback']) {
      console.log(await spawn(() => {
        const inside = fixtures[name](() => codeOf(() => wait(Promise.resolve('waited'))))
        return inside + ', then ' + wait(Promise.resolve('waited'))
      }))
    }
  `
  const expected = new Array(3).fill(`${refused}, then waited`)
  const later = `
    import { spawn, wait } from 'greenthreads'
    console.log(await spawn(() => wait(Promise.resolve('before'))))
    const fixtures = loadFixtures('node-api')
    ${attempts}
  `
  assert.deepEqual(await linesOf(later), ['before', ...expected])
  const earlier = `
    const fixtures = loadFixtures('node-api')
    const { spawn, wait } = await import('greenthreads')
    ${attempts}
  `
  assert.deepEqual(await linesOf(earlier), expected)
})
