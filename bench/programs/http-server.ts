import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { greenHandler } from 'greenthreads/http'
import { handleAsync } from '../harness/call-tree-async.ts'
import { handle } from '../harness/call-tree-green.ts'
import { settingsOf } from '../harness/program.ts'

// Serves until its parent disconnects.
const { kind } = settingsOf<{ kind: 'green' | 'async' }>()
const listener: RequestListener = kind === 'green' ? greenHandler(handle) : handleAsync
const server = createServer({ keepAliveTimeout: 60_000 }, listener)
server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port })
})
process.on('disconnect', () => {
  server.closeAllConnections()
  server.close()
})
