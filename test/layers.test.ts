import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filesBelow, read } from './support/repository.ts'

/** From the bottom up; a native file that is not named here belongs to `parts`. */
const nativeLayers = {
  switch: /^native\/switch\//,
  parts: /./,
  coroutine:
    /^native\/(coroutine|join_protection|backend|stack_backend|thread_backend|frame_walk|self_test)\./,
  addon: /^native\/addon\./,
}

const nativeFiles = ['.cc', '.h', '.S'].flatMap((ending) => filesBelow('native', ending))

test('native files include only what is in their own layer or below', () => {
  const upward = nativeFiles.flatMap((file) =>
    includesOf(file)
      .filter((included) => heightOf(included) > heightOf(file))
      .map((included) => `${file} includes ${included}`),
  )
  assert.deepEqual(upward, [])
})

test('switch/ includes no file of another folder', () => {
  const outside = filesBelow('native/switch', '')
    .filter((file) => /\.(h|S|cc)$/.test(file))
    .flatMap(includesOf)
    .filter((included) => !included.startsWith('native/switch/'))
  assert.deepEqual(outside, [])
})

test('only the v8_ files are compiled differently for different versions of V8', () => {
  const versioned = nativeFiles.filter((file) =>
    /^#.*\bV8_M(AJOR|INOR)_VERSION\b/m.test(read(file)),
  )
  assert.deepEqual(
    versioned.filter((file) => !file.startsWith('native/v8_')),
    [],
  )
  assert.notEqual(versioned.length, 0)
})

test('every folder of src has a rule in biome.json that says what it may import', () => {
  const { overrides } = JSON.parse(read('biome.json')) as { overrides: { includes: string[] }[] }
  const ruled = new Set(overrides.flatMap(({ includes }) => includes))
  const folders = new Set(
    filesBelow('src', '.ts')
      .map((file) => file.split('/'))
      .filter((parts) => parts.length > 2)
      .map(([, folder]) => `src/${folder}/**`),
  )
  assert.deepEqual(
    [...folders].filter((folder) => !ruled.has(folder)),
    [],
  )
})

function includesOf(file: string): string[] {
  return [...read(file).matchAll(/^#\s*include "([^"]+)"/gm)].map(([, included]) =>
    resolve(file, included as string),
  )
}

function resolve(from: string, included: string): string {
  const folder = from.slice(0, from.lastIndexOf('/'))
  return new URL(included, `file:///${folder}/`).pathname.slice(1)
}

function heightOf(file: string): number {
  return Object.values(nativeLayers).findLastIndex((pattern) => pattern.test(file))
}
