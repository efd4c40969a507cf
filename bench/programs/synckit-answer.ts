import { setImmediate as nextTurn } from 'node:timers/promises'
import { runAsWorker } from 'synckit'

// The worker behind a blocking call that has its answer in the next turn of the event loop.
runAsWorker(() => nextTurn(1))
