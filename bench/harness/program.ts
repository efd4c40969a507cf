import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

/**
 * A program of this folder's `programs/` in a process of its own, so that neither compiled code nor
 * heap is shared with other measurements. It talks by messages.
 */
export function startProgram(
  name: string,
  settings: object,
  { env = {}, flags = [] }: { env?: NodeJS.ProcessEnv; flags?: string[] } = {},
): ChildProcess {
  return fork(new URL(`../programs/${name}.js`, import.meta.url), [JSON.stringify(settings)], {
    execArgv: ['--expose-gc', ...flags],
    env: { ...process.env, ...env },
  })
}

/** Runs a program to its end and returns what it reported. */
export async function runProgram<Result>(
  name: string,
  settings: object,
  options?: Parameters<typeof startProgram>[2],
): Promise<Result> {
  const child = startProgram(name, settings, options)
  let result: { value: Result } | undefined
  child.on('message', (message) => {
    result = message as { value: Result }
  })
  const [code, signal] = await once(child, 'exit')
  if (code !== 0 || result === undefined) {
    throw new Error(
      `The program ${name} ${JSON.stringify(settings)} ended with ${signal ?? `exit code ${code}`}` +
        `${result === undefined ? ' and reported nothing' : ''}.`,
    )
  }
  return result.value
}

/** The program's side: its settings. */
export function settingsOf<Settings>(): Settings {
  return JSON.parse(process.argv[2] ?? '{}') as Settings
}

/** The program's side: hands over the result and ends. */
export function report(value: unknown): void {
  if (process.send === undefined) {
    console.log(JSON.stringify(value, null, 2))
    return
  }
  process.send({ value }, () => process.disconnect())
}
