/** Runs a situation in workers and prints, as one line of JSON, how they ended. */
import { Worker } from 'node:worker_threads'

export interface WorkerEnd {
  exitCode: number
  messages: string[]
  errors: string[]
}

const [situation, mode, count] = process.argv.slice(2) as [string, Mode, string]
type Mode = 'alone' | 'terminate' | 'in turn' | 'terminate in turn'

const ends: WorkerEnd[] = []
if (mode.endsWith('in turn')) {
  for (let index = 0; index < Number(count); index++) ends.push(await run())
} else {
  ends.push(...(await Promise.all(Array.from({ length: Number(count) }, run))))
}
console.log(JSON.stringify(ends))

function run(): Promise<WorkerEnd> {
  const file = situation === 'bare switches' ? 'bare-switches.js' : 'situations.js'
  const worker = new Worker(new URL(file, import.meta.url), {
    workerData: situation,
    resourceLimits: { maxOldGenerationSizeMb: 64 },
  })
  const end: WorkerEnd = { exitCode: -1, messages: [], errors: [] }
  worker.on('message', (message) => {
    end.messages.push(message)
    if (mode.startsWith('terminate') && message === 'ready') worker.terminate()
  })
  worker.on('error', (error) => end.errors.push(nameOf(error)))
  return new Promise((resolve) => {
    worker.on('exit', (exitCode) => resolve({ ...end, exitCode }))
  })
}

/** The code, and for an addon that did not load also why. */
function nameOf(error: Error): string {
  const { code, message } = error as NodeJS.ErrnoException
  return code === undefined || code === 'ERR_GT_ADDON_FAILED' ? message : code
}
