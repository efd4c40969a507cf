import type { ServerResponse } from 'node:http'
import type { Behaviour, Mode } from './behaviour.ts'

/** Answers a question about a taxpayer after the latency, in the way of the mode. */
export function answerQuestion(body: string, response: ServerResponse, behaviour: Behaviour): void {
  if (response.destroyed) return
  const timer = setTimeout(() => {
    const isFailure = Math.random() < behaviour.failureRate
    answers[isFailure ? 'error' : behaviour.mode](body, response)
  }, behaviour.latencyMs)
  response.once('close', () => clearTimeout(timer))
}

export function sendJson(response: ServerResponse, statusCode: number, body: object): void {
  response.writeHead(statusCode, { 'content-type': 'application/json' })
  response.end(`${JSON.stringify(body)}\n`)
}

/** Four of five taxpayers are self-employed: those whose tenth digit is neither 0 nor 5. */
export function isSelfEmployed(inn: string): boolean {
  return Number(inn[9]) % 5 !== 0
}

const answers: Readonly<Record<Mode, (body: string, response: ServerResponse) => void>> = {
  answer: sendStatus,
  error(_body, response) {
    sendJson(response, 500, { code: 'internal.error', message: 'Something broke in here.' })
  },
  busy(_body, response) {
    response.setHeader('retry-after', '7')
    sendJson(response, 429, { code: 'service.limited', message: 'Too many questions.' })
  },
  garbage(_body, response) {
    response.writeHead(200, { 'content-type': 'text/html' })
    response.end('<html><body>Maintenance until Monday</body></html>')
  },
  nonsense(_body, response) {
    sendJson(response, 200, { status: 'perhaps', message: 42 })
  },
  flood(_body, response) {
    response.writeHead(200, { 'content-type': 'application/json' })
    pour(response)
  },
  stall(_body, response) {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.write('{"status":')
  },
  hang() {},
  drop(_body, response) {
    response.destroy()
  },
}

function sendStatus(body: string, response: ServerResponse): void {
  const inn = askedInn(body)
  if (inn === undefined) {
    sendJson(response, 422, { code: 'validation.failed', message: 'inn must be 12 digits' })
    return
  }
  const status = isSelfEmployed(inn)
  const word = status ? 'pays' : 'does not pay'
  sendJson(response, 200, { status, message: `${inn} ${word} the tax of self-employed people` })
}

function askedInn(body: string): string | undefined {
  try {
    const { inn } = JSON.parse(body) as { inn?: unknown }
    return typeof inn === 'string' && /^\d{12}$/.test(inn) ? inn : undefined
  } catch {
    // A body that is not JSON is a question that can't be answered, and gets the answer for those.
    return undefined
  }
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
