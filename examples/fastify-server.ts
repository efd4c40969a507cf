// Fastify with handlers and hooks that wait.
import Fastify from 'fastify'
import { wait } from 'greenthreads'
import { greenthreads } from 'greenthreads/fastify'

const users = new Map([['t0k3n', { name: 'Ada' }]])

function findUser(token: string): { name: string } | undefined {
  return wait(Promise.resolve(users.get(token))) // stands for a database
}

const app = Fastify()
await app.register(greenthreads) // first: what is declared before it is not covered

app.addHook('preHandler', (request, reply) => {
  const user = findUser(String(request.headers.authorization))
  if (user === undefined) reply.code(401).send({ error: 'Who are you?' })
})

app.get('/me', (request) => findUser(String(request.headers.authorization)))

console.log(await app.listen({ port: Number(process.env.PORT ?? 3000) }))
