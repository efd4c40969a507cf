import assert from 'node:assert/strict'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { backend, backendReason } from 'greenthreads'
import { addon } from '#src/binding/addon.js'
import { runScript } from '../core/script.ts'

test('the backend that runs is told, and why', () => {
  assert.ok(backend === 'stack' || backend === 'thread')
  assert.equal(backend, addon.backend)
  assert.ok(backendReason.length > 10)
})

/** Loads a copy of the package of which only the JavaScript is there. */
async function loadWithout(prepare: (folder: string) => Promise<void>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'greenthreads-'))
  try {
    await cp(fileURLToPath(new URL('../../dist', import.meta.url)), join(folder, 'dist'), {
      recursive: true,
    })
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
    await prepare(folder)
    const { stdout } = await runScript(`
      try {
        await import(${JSON.stringify(join(folder, 'dist/index.js'))})
        console.log('loaded')
      } catch (error) {
        console.log(error.code + '\\n' + error.message)
      }
    `)
    return stdout.replaceAll(folder, '')
  } finally {
    await rm(folder, { recursive: true })
  }
}

const prebuild = `prebuilds/${process.platform}-${process.arch}/node.abi${process.versions.modules}.node`

test('an addon that is missing is said to be, with the places that were tried', async () => {
  const output = await loadWithout(async () => {})
  assert.match(output, /^ERR_GT_ADDON_NOT_FOUND\n/)
  assert.ok(output.includes(`  /${prebuild}\n`))
  assert.match(output, /build\/Release\/greenthreads\.node\nBuild it with: {2}npm run build:native/)
})

for (const kept of [0.3, 0.9]) {
  const skip = process.platform !== 'linux' && 'other systems check by themselves'
  test(`an addon of which ${kept} are there is said not to be whole`, { skip }, async () => {
    const whole = await readFile(new URL(`../../${prebuild}`, import.meta.url))
    const output = await loadWithout(async (folder) => {
      await mkdir(join(folder, prebuild, '..'), { recursive: true })
      await writeFile(join(folder, prebuild), whole.subarray(0, Math.floor(whole.length * kept)))
    })
    assert.match(output, /^ERR_GT_ADDON_FAILED\n.* is not whole: \d+ bytes are missing at its end/)
  })
}

test('an addon that does not load is said not to, with the reason', async () => {
  const output = await loadWithout(async (folder) => {
    await mkdir(join(folder, prebuild, '..'), { recursive: true })
    await writeFile(join(folder, prebuild), 'this is no shared library')
  })
  assert.match(output, /^ERR_GT_ADDON_FAILED\nThe native addon .* did not load: /)
})

test('a second copy in the same thread is refused', async () => {
  const output = await loadWithout(async (folder) => {
    await cp(join(folder, 'dist'), join(folder, 'second'), { recursive: true })
    await symlink(
      fileURLToPath(new URL('../../prebuilds', import.meta.url)),
      join(folder, 'prebuilds'),
    )
    await writeFile(
      join(folder, 'dist/index.js'),
      "import '../second/index.js'; import './lowlevel.js'",
    )
  })
  assert.match(output, /^ERR_GT_LOADED_TWICE\n.*\n {2}file:.*second.*\n.*\n {2}file:.*dist/)
})
