import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { root } from './repository.ts'

const limitMs = 120_000
/** A program that prints without end is stopped, before it takes the memory of the machine. */
const mostCharacters = 10_000_000

export interface ProjectRun {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

export interface RunOptions {
  /** Written, and the end of the input, when the program has printed `ready`. */
  inputWhenReady?: string
  env?: NodeJS.ProcessEnv
  /** Sends this signal as soon as the program has printed `ready`. */
  signalWhenReady?: NodeJS.Signals
}

/** A user's project: files in a folder of their own, with the packages of this one installed. */
export class Project {
  readonly folder: string = realpathSync(mkdtempSync(join(tmpdir(), 'gt-project-')))

  constructor(files: Readonly<Record<string, string>>, packages: readonly string[] = []) {
    for (const [name, content] of Object.entries(files)) this.write(name, content)
    this.#install('greenthreads', root)
    for (const name of packages) this.#install(name, join(root, 'node_modules', name))
  }

  write(name: string, content: string): void {
    const file = join(this.folder, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
  }

  /** `node ...args` in the folder. A hang ends by SIGKILL, which no test expects. */
  node(args: readonly string[], options: RunOptions = {}): Promise<ProjectRun> {
    const child = spawn(process.execPath, args, {
      cwd: this.folder,
      // The runner's own variable would turn the child into a test file that reports to it.
      env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...options.env },
      timeout: limitMs,
      killSignal: 'SIGKILL',
    })
    let stdout = ''
    let stderr = ''
    let isReady = false
    child.stdin.on('error', () => {}) // it may end before it has read everything
    if (options.inputWhenReady === undefined) child.stdin.end()
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk
      if (stdout.length > mostCharacters) child.kill('SIGKILL')
      if (isReady || !stdout.includes('ready')) return
      isReady = true
      if (options.signalWhenReady !== undefined) child.kill(options.signalWhenReady)
      if (options.inputWhenReady !== undefined) child.stdin.end(options.inputWhenReady)
    })
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk
      if (stderr.length > mostCharacters) child.kill('SIGKILL')
    })
    return new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
    })
  }

  /** `greenthreads ...args` in the folder. */
  greenthreads(args: readonly string[], options: RunOptions = {}): Promise<ProjectRun> {
    return this.node([join(root, 'dist/cli.js'), ...args], options)
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  #install(name: string, place: string): void {
    const link = join(this.folder, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(place, link, 'dir')
  }
}
