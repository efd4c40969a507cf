// Run it with the preload:  node --import greenthreads/register wait-anywhere.js
// No function here is a green thread, and nothing below the handler is async.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { wait } from 'greenthreads'

interface User {
  name: string
}

const loadUser = (id: string): Promise<User> => delay(20, { name: `user ${id}` })

const nameOf = (id: string): string => wait(loadUser(id)).name

const server = createServer(async (request, response) => {
  const ids = await new Promise<string[]>((resolve) => {
    request.on('data', (chunk) => resolve(JSON.parse(String(chunk)) as string[]))
  })
  response.end(ids.map(nameOf).join(', '))
})

setTimeout(() => console.log('a timer:', nameOf('1')))
process.nextTick(() => console.log('a tick:', nameOf('2')))
queueMicrotask(() => console.log('a microtask:', nameOf('3')))
console.log('the main module:', nameOf('4'))
console.log('a blocking call that suspends:', readFileSync(new URL(import.meta.url)).length > 0)

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  const answer = wait(
    fetch(`http://127.0.0.1:${port}`, { method: 'POST', body: JSON.stringify(['5', '6']) }),
  )
  console.log('a request:', wait(answer.text()))
  server.close()
})
