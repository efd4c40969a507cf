import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { greenHandler } from 'greenthreads/http'
import { handleAsync, handlePlainly } from '../harness/call-tree-async.ts'
import { handle } from '../harness/call-tree-green.ts'
import {
  handleBySynckit,
  handleWithEffect,
  handleWithEffection,
} from '../harness/call-tree-peers.ts'
import { settingsOf } from '../harness/program.ts'

// Serves until its parent disconnects.
const listeners = {
  green: greenHandler(handle),
  async: handleAsync,
  plain: handlePlainly,
  effect: handleWithEffect,
  effection: handleWithEffection,
  synckit: handleBySynckit,
} satisfies Record<string, RequestListener>
const { kind } = settingsOf<{ kind: keyof typeof listeners }>()
const server = createServer({ keepAliveTimeout: 60_000 }, listeners[kind])
server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port })
})
process.on('message', () => process.send?.(process.cpuUsage()))
process.on('disconnect', () => {
  server.closeAllConnections()
  server.close()
})
