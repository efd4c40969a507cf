import { runAsWorker } from 'synckit'
import { askUpstream } from '../harness/upstream.ts'

// The worker behind a blocking call: the same upstream of 10 ms.
runAsWorker(askUpstream)
