import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)

// fetch() parses with WebAssembly, whose code V8 replaces by better code while it runs.
const program = `
import { createServer } from 'node:http'
import { once } from 'node:events'
import { spawn, wait } from 'greenthreads'

const server = createServer((request, response) => response.end(request.url))
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const url = 'http://127.0.0.1:' + server.address().port
let release
const released = new Promise((resolve) => { release = resolve })
const suspended = spawn(() => wait(released))
for (let i = 0; i < 20; i++) {
  const threads = Array.from({ length: 10 }, () =>
    spawn(() => wait(wait(fetch(url + '/path')).text())))
  for (const thread of threads) if ((await thread) !== '/path') throw new Error('wrong answer')
}
release()
await suspended
server.closeAllConnections()
server.close()
console.log('alive')
`

test('WebAssembly code is replaced while green threads are suspended', async () => {
  const args = ['--stress-wasm-code-gc', '--input-type=module', '-e', program]
  const { stdout } = await run(process.execPath, args, { cwd: new URL('../..', import.meta.url) })
  assert.equal(stdout, 'alive\n')
})
