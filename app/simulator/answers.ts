import type { ServerResponse } from 'node:http'
import type { Behaviour, Mode } from './behaviour.ts'
import type { Reply } from './question.ts'

/**
 * Answers a question after the latency, in the way of the mode. What was asked is done at once, so that an asker
 * who does not wait for the answer can't know whether it was.
 */
export function answerQuestion(
  act: () => Reply,
  response: ServerResponse,
  behaviour: Behaviour,
  random: () => number,
): void {
  if (response.destroyed) return
  const answer = answerOf(act, behaviour, random)
  const timer = setTimeout(() => answer(response), behaviour.latencyMs)
  response.once('close', () => clearTimeout(timer))
}

export function sendJson(response: ServerResponse, statusCode: number, body: object): void {
  response.writeHead(statusCode, { 'content-type': 'application/json' })
  response.end(`${JSON.stringify(body)}\n`)
}

type Answer = (response: ServerResponse) => void

function answerOf(
  act: () => Reply,
  { mode, failureRate, lossRate }: Behaviour,
  random: () => number,
): Answer {
  if (random() < failureRate) return failing.error
  if (mode !== 'answer' && mode !== 'lose') return failing[mode]
  const { statusCode, body } = act()
  if (mode === 'lose' || random() < lossRate) return failing.drop
  return (response) => sendJson(response, statusCode, body)
}

const failing: Readonly<Record<Exclude<Mode, 'answer' | 'lose'>, Answer>> = {
  error(response) {
    sendJson(response, 500, { code: 'internal.error', message: 'Something broke in here.' })
  },
  busy(response) {
    response.setHeader('retry-after', '7')
    sendJson(response, 429, { code: 'service.limited', message: 'Too many questions.' })
  },
  garbage(response) {
    response.writeHead(200, { 'content-type': 'text/html' })
    response.end('<html><body>Maintenance until Monday</body></html>')
  },
  nonsense(response) {
    sendJson(response, 200, { status: 'perhaps', message: 42 })
  },
  flood(response) {
    response.writeHead(200, { 'content-type': 'application/json' })
    pour(response)
  },
  stall(response) {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.write('{"status":')
  },
  hang() {},
  drop(response) {
    response.destroy()
  },
}

const floodChunk = Buffer.alloc(16 * 1024, 'x')

function pour(response: ServerResponse): void {
  while (!response.destroyed) {
    if (!response.write(floodChunk)) {
      response.once('drain', () => pour(response))
      return
    }
  }
}
