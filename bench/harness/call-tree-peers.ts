import type { IncomingMessage, ServerResponse } from 'node:http'
import { Effect } from 'effect'
import { type Operation, run, until } from 'effection'
import { createSyncFn } from 'synckit'
import { askUpstream, type Status } from './upstream.ts'

// The request handler of call-tree-green.ts, ten calls deep above the upstream, as other libraries have it.

const depth = 10

export function handleWithEffect(request: IncomingMessage, response: ServerResponse): void {
  Effect.runPromise(effectLevel(depth, idOf(request))).then((status) => answer(response, status))
}

export function handleWithEffection(request: IncomingMessage, response: ServerResponse): void {
  run(() => effectionLevel(depth, idOf(request))).then((status) => answer(response, status))
}

/** Blocks the event loop until a worker thread has the answer. */
export function handleBySynckit(request: IncomingMessage, response: ServerResponse): void {
  askInWorker ??= createSyncFn(new URL('../programs/synckit-upstream.js', import.meta.url).href)
  answer(response, plainLevel(depth, idOf(request), askInWorker as (id: string) => Status))
}

let askInWorker: unknown

function idOf(request: IncomingMessage): string {
  const url = request.url ?? '/'
  return url.slice(url.lastIndexOf('/') + 1)
}

function answer(response: ServerResponse, data: Status): void {
  const body = JSON.stringify({ data })
  response.setHeader('content-type', 'application/json')
  response.end(body)
}

function effectLevel(below: number, id: string): Effect.Effect<Status> {
  if (below === 1) return Effect.promise(() => askUpstream(id))
  return Effect.gen(function* () {
    const status = yield* effectLevel(below - 1, id)
    return { ...status }
  })
}

function* effectionLevel(below: number, id: string): Operation<Status> {
  if (below === 1) return yield* until(askUpstream(id))
  const status = yield* effectionLevel(below - 1, id)
  return { ...status }
}

function plainLevel(below: number, id: string, ask: (id: string) => Status): Status {
  if (below === 1) return ask(id)
  return { ...plainLevel(below - 1, id, ask) }
}
