import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const command = (way: string): string[] => [
  process.execPath,
  '--import',
  import.meta.resolve('greenthreads/register'),
  fileURLToPath(new URL('./programs/lines.js', import.meta.url)),
  way,
]

/** Runs a command on a terminal of its own. */
const terminal = 'script'
const hasTerminals = spawnSync(terminal, ['--version']).status === 0 && process.platform === 'linux'

/** Its standard input is a pipe. */
function onPipe(way: string): ChildProcess {
  const [file = '', ...args] = command(way)
  return spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] })
}

/** Its standard input and output are a terminal, which echoes what is typed. */
function onTerminal(way: string): ChildProcess {
  const line = command(way)
    .map((word) => `'${word}'`)
    .join(' ')
  return spawn(terminal, ['-qec', line, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] })
}

/** The program says each of the words before it is told the next one; returns all that it says. */
async function talk(
  child: ChildProcess,
  turns: readonly [wanted: string, answer: string][],
): Promise<string[]> {
  const exit = once(child, 'close')
  const stuck = setTimeout(() => child.kill('SIGKILL'), 120_000)
  let text = ''
  const next = [...turns]
  child.stdout?.setEncoding('utf8').on('data', (part: string) => {
    text += part
    const [wanted, answer] = next[0] ?? []
    if (wanted === undefined || !text.includes(wanted)) return
    next.shift()
    child.stdin?.write(answer)
  })
  const [code, signal] = await exit
  clearTimeout(stuck)
  assert.deepEqual([code, signal, next], [0, null, []], text)
  return text.split(/\r?\n/).filter((line) => line.startsWith('> '))
}

const questions: [string, string][] = [
  ['> meanwhile', 'Ada\n'],
  ['> again', 'Grace\n'],
]
const answers = ['> meanwhile', '> hello Ada', '> again', '> bye Grace']

test('reading a line from a pipe suspends', async () => {
  assert.deepEqual(await talk(onPipe('questions'), questions), answers)
})

test('reading a line from a terminal suspends', { skip: !hasTerminals }, async () => {
  assert.deepEqual(await talk(onTerminal('questions'), questions), answers)
})

test('listeners of lines typed at a terminal may wait', { skip: !hasTerminals }, async () => {
  const child = onTerminal('listener')
  // Control-D, at the beginning of a line, is the end.
  child.stdin?.write('one\ntwo\n\x04')
  assert.deepEqual((await talk(child, [])).sort(), ['> one', '> two'])
})

for (const [way, expected] of Object.entries({
  whole: ['> one+two'],
  lines: ['> one', '> two'],
  listener: ['> one', '> two'],
})) {
  test(`a file as the standard input: ${way}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'greenthreads-'))
    const path = join(folder, 'input')
    writeFileSync(path, 'one\ntwo\n')
    const input = openSync(path, 'r')
    const [file = '', ...args] = command(way)
    const { stdout, stderr, status } = spawnSync(file, args, {
      stdio: [input, 'pipe', 'pipe'],
      encoding: 'utf8',
    })
    closeSync(input)
    rmSync(folder, { recursive: true })
    assert.equal(stderr, '')
    assert.equal(status, 0)
    assert.deepEqual(stdout.trimEnd().split('\n').sort(), expected)
  })
}
