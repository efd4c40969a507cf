import { fstatSync, openSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import { monitorBlocking } from 'greenthreads/inspect'

// Holds up the event loop until that is reported, to a file, and then ends as it is told.
const [ending, path] = process.argv.slice(2)
const descriptor = path === undefined ? 2 : openSync(path, 'a')
monitorBlocking({ thresholdMs: 10, ...(path !== undefined && { descriptor }) })
spin()

function spin(): void {
  while (fstatSync(descriptor).size === 0) Math.sqrt(descriptor)
}

parentPort?.postMessage('reported')
if (ending === 'exit') process.exit(3)
while (ending === 'terminated') Math.sqrt(descriptor)
