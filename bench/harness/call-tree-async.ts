import type { IncomingMessage, ServerResponse } from 'node:http'
import { askUpstream, type Status } from './upstream.ts'

/** The same ten functions, coloured. */
export async function handleAsync(
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = JSON.stringify(await route(request.url ?? '/'))
  response.setHeader('content-type', 'application/json')
  response.end(body)
}

/** The least that an async handler does: the same answer after three awaits, and no timer. */
export async function handlePlainly(
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const id = await idOf(request.url ?? '/')
  const status = await known(id)
  const body = JSON.stringify(await { data: status })
  response.setHeader('content-type', 'application/json')
  response.end(body)
}

async function idOf(url: string): Promise<string> {
  return url.slice(url.lastIndexOf('/') + 1)
}

async function known(id: string): Promise<Status> {
  return { id, isActive: true }
}

async function route(url: string): Promise<object> {
  return await control(url.slice(url.lastIndexOf('/') + 1))
}

async function control(id: string): Promise<object> {
  return { data: await checkStatus(id) }
}

async function checkStatus(id: string): Promise<Status> {
  return await applyPolicy(id)
}

async function applyPolicy(id: string): Promise<Status> {
  const status = await readThroughCache(id)
  return { ...status, isActive: status.isActive && id !== '' }
}

async function readThroughCache(id: string): Promise<Status> {
  return await loadFresh(id)
}

async function loadFresh(id: string): Promise<Status> {
  return await retryOnce(id)
}

async function retryOnce(id: string): Promise<Status> {
  try {
    return await callService(id)
  } catch {
    return await callService(id)
  }
}

async function callService(id: string): Promise<Status> {
  return await request(id)
}

async function request(id: string): Promise<Status> {
  return await askUpstream(id)
}
