import type { IncomingMessage, ServerResponse } from 'node:http'
import { wait } from 'greenthreads'
import { askUpstream, type Status } from './upstream.ts'

/** Ten functions deep, as a service is: nine of them know nothing of the wait in the tenth. */
export function handle(request: IncomingMessage, response: ServerResponse): void {
  const body = JSON.stringify(route(request.url ?? '/'))
  response.setHeader('content-type', 'application/json')
  response.end(body)
}

function route(url: string): object {
  return control(url.slice(url.lastIndexOf('/') + 1))
}

function control(id: string): object {
  return { data: checkStatus(id) }
}

function checkStatus(id: string): Status {
  return applyPolicy(id)
}

function applyPolicy(id: string): Status {
  const status = readThroughCache(id)
  return { ...status, isActive: status.isActive && id !== '' }
}

function readThroughCache(id: string): Status {
  return loadFresh(id)
}

function loadFresh(id: string): Status {
  return retryOnce(id)
}

function retryOnce(id: string): Status {
  try {
    return callService(id)
  } catch {
    return callService(id)
  }
}

function callService(id: string): Status {
  return request(id)
}

function request(id: string): Status {
  return wait(askUpstream(id))
}
