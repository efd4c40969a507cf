import { BroadcastChannel } from 'node:worker_threads'
import { runAsWorker } from 'synckit'
import type { BlockingAnswer, BlockingCall } from './blocking-call.ts'

// Waits for the main thread on behalf of a business thread, which synckit keeps blocked meanwhile.

let channel: BroadcastChannel | undefined

runAsWorker((name: string, call: BlockingCall) => {
  channel ??= new BroadcastChannel(name)
  const open = channel
  return new Promise<BlockingAnswer>((resolve) => {
    open.onmessage = (event) => resolve((event as { data: BlockingAnswer }).data)
    open.postMessage(call)
  })
})
