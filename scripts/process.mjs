import { spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** A step of a script went wrong in a way that its message explains: no stack trace is needed. */
export class StepFailed extends Error {
  constructor(message, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

export function say(text) {
  process.stderr.write(
    `${process.stderr.isTTY ? '\x1b[1m' : ''}» ${text}${process.stderr.isTTY ? '\x1b[0m' : ''}\n`,
  )
}

/**
 * Runs a command in the foreground and resolves to `{ code, signal }`.
 * Ctrl-C reaches the child from the terminal; we wait until it has finished its own clean-up.
 */
export function start(command, args, { cwd = root, env = process.env, stdio = 'inherit' } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio })
    const interrupt = () => {
      // A terminal sends SIGINT to the whole foreground group; sending it once
      // more would look like a second, impatient Ctrl-C.
      if (!process.stdin.isTTY) child.kill('SIGINT')
    }
    const terminate = () => child.kill('SIGTERM')
    process.on('SIGINT', interrupt)
    process.on('SIGTERM', terminate)
    const settle = () => {
      process.off('SIGINT', interrupt)
      process.off('SIGTERM', terminate)
    }
    child.once('error', (error) => {
      settle()
      reject(new StepFailed(`${command} could not be started: ${error.message}`))
    })
    child.once('close', (code, signal) => {
      settle()
      resolve({ code, signal })
    })
  })
}

/**
 * Runs a step of a build and fails with `whatFor` when it does not succeed. All that it prints goes to
 * standard error: standard output belongs to the program that is built for.
 */
export async function run(command, args, whatFor, options) {
  const { code, signal } = await start(command, args, { stdio: ['inherit', 2, 2], ...options })
  if (signal === 'SIGINT' || code === 130) throw new StepFailed('interrupted', 130)
  if (signal !== null) throw new StepFailed(`${whatFor} was ended by ${signal}`)
  if (code !== 0) throw new StepFailed(`${whatFor} failed (exit code ${code})`)
}

/** The trimmed standard output of a command, or undefined when it cannot be run or fails. */
export function outputOf(command, args) {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}

/** npm through the JavaScript of the npm that runs us, where there is one: no shell, so Ctrl-C works. */
export function npm(args, whatFor, options) {
  const script = process.env.npm_execpath
  if (script?.endsWith('.js')) return run(process.execPath, [script, ...args], whatFor, options)
  return run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, whatFor, options)
}

/** The frame of every script: prints what failed in one line and sets the exit code. */
export async function main(body) {
  try {
    if (Number(process.versions.node.split('.')[0]) < 20)
      throw new StepFailed(`greenthreads needs Node 20 or newer; this is ${process.versions.node}.`)
    await body()
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error
    process.stderr.write(`\n${error.message}\n`)
    process.exitCode = error.exitCode
  }
}
