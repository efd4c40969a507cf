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
