import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import * as library from 'greenthreads'
import * as greenlet from 'greenthreads/greenlet'
import * as inspect from 'greenthreads/inspect'
import * as testing from 'greenthreads/testing'
import { filesBelow, read, root } from './support/repository.ts'
import { blocksOf, examplesInComments, worldOfExamples } from './support/snippets.ts'

const execute = promisify(execFile)
const ownNames = {
  greenthreads: Object.keys(library),
  'greenthreads/greenlet': Object.keys(greenlet),
  'greenthreads/inspect': Object.keys(inspect),
  'greenthreads/testing': Object.keys(testing),
}
const codePattern = /ERR_GT_[A-Z0-9_]+/g

/** Inside the repository, so that the snippets import the package by its own name. */
const workplace = `${root}.cache/snippets-${process.pid}`

after(() => rm(workplace, { recursive: true, force: true }))

function codesOfErrors(): Set<string> {
  return new Set(
    filesBelow('src/errors', '.ts').flatMap((file) => read(file).match(codePattern) ?? []),
  )
}

test('docs/errors.md has one heading for each code in src/errors, and no others', () => {
  const inSource = codesOfErrors()
  const headings = [...read('docs/errors.md').matchAll(/^#+ .*?`?(ERR_GT_[A-Z0-9_]+)`?/gm)].map(
    ([, code]) => code as string,
  )
  assert.deepEqual(headings.slice().sort(), [...inSource].sort())
})

test('no file of src names a code that src/errors does not have', () => {
  const known = codesOfErrors()
  const strangers = filesBelow('src', '.ts').flatMap((file) =>
    (read(file).match(codePattern) ?? [])
      .filter((code) => !known.has(code))
      .map((code) => `${file}: ${code}`),
  )
  assert.deepEqual(strangers, [])
})

test('every link in the docs leads to a file of the repository', () => {
  const broken = documents().flatMap((file) => {
    const folder = file.includes('/') ? file.slice(0, file.lastIndexOf('/') + 1) : ''
    return [...read(file).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
      .filter(([, target]) => !existsSync(root + folder + target))
      .map(([, target]) => `${file}: ${target}`)
  })
  assert.deepEqual(broken, [])
})

test('every ts block in the docs and every example in the comments of src compiles', async () => {
  const snippets = [...documents().flatMap(blocksOf), ...examplesInComments()]
  assert.notEqual(snippets.length, 0)

  await mkdir(workplace, { recursive: true })
  for (const { name, code } of snippets)
    await writeFile(`${workplace}/${name}.ts`, `${code}\nexport {}\n`)
  await writeFile(`${workplace}/world.d.ts`, worldOfExamples(ownNames))
  await writeFile(`${workplace}/tsconfig.json`, JSON.stringify(snippetProject))

  const compiler = `${root}node_modules/typescript/bin/tsc`
  try {
    await execute(process.execPath, [compiler, '--project', workplace])
  } catch (error) {
    // tsc prints what is wrong on its standard output, under names that tell document and line.
    assert.fail((error as { stdout: string }).stdout)
  }
})

const snippetProject = {
  extends: `${root}tsconfig.base.json`,
  compilerOptions: {
    composite: false,
    declaration: false,
    noEmit: true,
    noUnusedLocals: false,
    noUnusedParameters: false,
  },
  include: ['*.ts'],
}

function documents(): string[] {
  return [
    ...['README.md', 'ARCHITECTURE.md', 'app/README.md'].filter((file) => existsSync(root + file)),
    ...filesBelow('docs', '.md'),
  ]
}
