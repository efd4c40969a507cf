import type { FastifyInstance } from 'fastify'
import { backend } from 'greenthreads'
import type { Database } from '../storage/database.ts'

/** `GET /health`: 200 while the database answers. */
export function addHealthRoute(server: FastifyInstance, database: Database): void {
  server.get('/health', function showHealth() {
    database.query('SELECT 1')
    return { status: 'ok', backend }
  })
}
