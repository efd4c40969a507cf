import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root, StepFailed, start } from './process.mjs'

const folders = ['dist-test', 'app/dist/test', 'bench/dist/test']

/** The compiled test files whose path holds one of the given words; all of them without words. */
export function testFiles(words = []) {
  const all = folders.flatMap((folder) =>
    existsSync(join(root, folder))
      ? readdirSync(join(root, folder), { recursive: true })
          .filter((file) => file.endsWith('.test.js'))
          .map((file) => join(folder, file))
      : [],
  )
  const chosen = words.length
    ? all.filter((file) => words.some((word) => file.includes(word)))
    : all
  if (chosen.length === 0)
    throw new StepFailed(
      words.length
        ? `No test file's path holds ${words.join(' or ')}`
        : 'There are no compiled tests',
    )
  return chosen.sort()
}

/** Runs test files under one Node, each in a process of its own; resolves to `{ passed, failed, skipped }`. */
export async function runSuite(binary, files, { backend, name = 'suite', flags = [] } = {}) {
  const folder = join(root, '.cache', 'tallies')
  const tally = join(folder, `${name}-${process.pid}.json`)
  mkdirSync(folder, { recursive: true })
  const { code, signal } = await start(
    binary,
    [
      ...flags,
      '--expose-gc',
      '--test',
      `--test-concurrency=${availableParallelism()}`,
      '--test-timeout=300000',
      `--test-reporter=${reporter('reporter.mjs')}`,
      '--test-reporter-destination=stdout',
      `--test-reporter=${reporter('tally.mjs')}`,
      `--test-reporter-destination=${tally}`,
      ...files,
    ],
    { env: backend ? { ...process.env, GREENTHREADS_BACKEND: backend } : process.env },
  )
  if (signal === 'SIGINT' || code === 130) throw new StepFailed('interrupted', 130)
  const counts = existsSync(tally) ? parse(readFileSync(tally, 'utf8')) : undefined
  rmSync(tally, { force: true })
  if (counts === undefined)
    throw new StepFailed(
      `The test runner ended without a result (${signal ?? `exit code ${code}`})`,
    )
  // The runner itself can fail where no single test does, for example by an uncaught error.
  if (code !== 0 && counts.failed === 0) counts.failed = 1
  return counts
}

export function summary({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`
}

function reporter(file) {
  return pathToFileURL(join(root, 'scripts', file)).href
}

function parse(text) {
  return text === '' ? undefined : JSON.parse(text)
}
