import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerQuestion, sendJson } from './answers.ts'
import { type Behaviour, changedBehaviour, defaultBehaviour, modeMeanings } from './behaviour.ts'
import { KeyReused } from './ledger.ts'
import { type Handler, type Reply, refused } from './question.ts'

export interface Counts {
  /** Questions that have come so far. */
  readonly questions: number
  /** Questions that are being answered now, and the most there were at once. */
  readonly underWay: number
  readonly mostUnderWay: number
  /** Questions whose asker went away before the answer. */
  readonly abandoned: number
}

export interface NeighbourOptions {
  readonly behaviour?: Partial<Behaviour> | undefined
  /** Decides which questions fail; from 0 to 1, as `Math.random`. */
  readonly random?: (() => number) | undefined
}

/** A stand-in for a company that the service depends on: a real HTTP server that can be told to misbehave. */
export abstract class Neighbour {
  /** `begin` when a question has come, `end` when its connection is done with it, answered or not. */
  readonly events: EventEmitter<{ begin: []; end: [] }> = new EventEmitter()
  readonly #server: Server
  readonly #held: (() => void)[] = []
  readonly #random: () => number
  #behaviour: Behaviour
  #counts: Counts = { questions: 0, underWay: 0, mostUnderWay: 0, abandoned: 0 }

  constructor({ behaviour = {}, random = Math.random }: NeighbourOptions = {}) {
    this.#behaviour = changedBehaviour(defaultBehaviour, behaviour)
    this.#random = random
    // Longer than clients keep idle connections: they would send a question into one that is being closed.
    const options = { keepAliveTimeout: 75_000 }
    this.#server = createServer(options, (request, response) => this.#route(request, response))
  }

  /** What it does for others, by method and path. */
  protected abstract readonly handlers: Readonly<Record<string, Handler>>

  /** All it has ever done, for those who check the books. */
  abstract ledger(): object

  get behaviour(): Behaviour {
    return this.#behaviour
  }

  get counts(): Counts {
    return this.#counts
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo
    return `http://127.0.0.1:${port}`
  }

  async listen(port = 0): Promise<void> {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  change(wanted: unknown): void {
    this.#behaviour = changedBehaviour(this.#behaviour, wanted)
    this.#answerCrowd()
  }

  #route(request: IncomingMessage, response: ServerResponse): void {
    const route = `${request.method} ${request.url}`
    const handler = this.handlers[route]
    if (handler !== undefined) this.#ask(route, handler, request, response)
    else if (route === 'GET /ledger') sendJson(response, 200, this.ledger())
    else if (route === 'GET /control') this.#showControl(response)
    else if (route === 'PUT /control') this.#changeControl(request, response)
    else sendJson(response, 404, { code: 'not.found', message: `${route}? Try GET /control.` })
  }

  #ask(route: string, handler: Handler, request: IncomingMessage, response: ServerResponse): void {
    this.#countBeginning()
    response.once('close', () => this.#countEnd(response.writableFinished))
    const key = request.headers['idempotency-key']
    const idempotencyKey = typeof key === 'string' ? key : undefined
    readBody(request, (text) => {
      const act = (): Reply => unlessReused(handler, { route, body: json(text), idempotencyKey })
      this.#held.push(() => answerQuestion(act, response, this.#behaviour, this.#random))
      this.#answerCrowd()
    })
  }

  #answerCrowd(): void {
    if (this.#held.length < this.#behaviour.crowd) return
    for (const answer of this.#held.splice(0)) answer()
  }

  #showControl(response: ServerResponse): void {
    sendJson(response, 200, { ...this.#behaviour, counts: this.#counts, modes: modeMeanings })
  }

  #changeControl(request: IncomingMessage, response: ServerResponse): void {
    readBody(request, (body) => {
      try {
        this.change(JSON.parse(body))
        this.#showControl(response)
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        sendJson(response, 400, { code: 'control.invalid', message })
      }
    })
  }

  #countBeginning(): void {
    const { questions, underWay, mostUnderWay, abandoned } = this.#counts
    this.#counts = {
      questions: questions + 1,
      underWay: underWay + 1,
      mostUnderWay: Math.max(mostUnderWay, underWay + 1),
      abandoned,
    }
    this.events.emit('begin')
  }

  #countEnd(isAnswered: boolean): void {
    const { underWay, abandoned } = this.#counts
    this.#counts = {
      ...this.#counts,
      underWay: underWay - 1,
      abandoned: isAnswered ? abandoned : abandoned + 1,
    }
    this.events.emit('end')
  }
}

function unlessReused(handler: Handler, question: Parameters<Handler>[0]): Reply {
  try {
    return handler(question)
  } catch (error) {
    if (error instanceof KeyReused) return refused(409, 'key.reused', error.message)
    throw error
  }
}

function readBody(request: IncomingMessage, onBody: (body: string) => void): void {
  let body = ''
  request.setEncoding('utf8')
  request.on('data', (chunk: string) => {
    body += chunk
  })
  request.on('end', () => onBody(body))
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A body that is not JSON is a question that can't be answered, and gets the answer for those.
    return undefined
  }
}
