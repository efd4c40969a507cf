// A server whose listener is synchronous and still serves everybody at once.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sleep } from 'greenthreads'
import { greenHandler } from 'greenthreads/http'

function greet(name: string): string {
  sleep(100) // stands for a database
  return `Hello, ${name}!\n`
}

const server = createServer(
  greenHandler((request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://localhost')
    response.end(greet(searchParams.get('name') ?? 'world'))
  }),
)

server.listen(Number(process.env.PORT ?? 3000), () => {
  const { port } = server.address() as AddressInfo
  console.log(`curl 'http://localhost:${port}/?name=Ada'`)
})
