import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import pino, { type DestinationStream } from 'pino'
import { contextFields } from './request-context.ts'

/**
 * The log of the service. Each line names the request, the client and the user for whom it was written. What
 * belongs to people stays out of it, wherever it came from: the text of a database's error, a URL, a message.
 */
export function openLog(level: string, destination?: DestinationStream): FastifyBaseLogger {
  const options = {
    level,
    mixin: contextFields,
    serializers: { err: pino.stdSerializers.err, req: requestFields },
    redact: { paths: secretPaths, censor: '[secret]' },
    hooks: { streamWrite: withoutPersonalData },
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}

/** The id that a proxy has given the request, if it is one; otherwise a new one. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && /^[\w-]{8,64}$/.test(given) ? given : randomUUID()
}

const secretPaths = ['password', '*.password', 'authorization', '*.authorization', '*.cookie']

/** The route instead of the address: addresses have taxpayer numbers in them. */
function requestFields({ method, routeOptions }: FastifyRequest): object {
  return { method, route: routeOptions?.url }
}

const personalData: readonly (readonly [RegExp, string])[] = [
  [/gtk_[\w-]+/g, '[key]'],
  [/(?<!\d)\d{20}(?!\d)/g, '[account]'],
  [/(?<!\d)\d{12}(?!\d)/g, '[inn]'],
  [/\+7\d{10}(?!\d)/g, '[phone]'],
]

function withoutPersonalData(line: string): string {
  return personalData.reduce((text, [pattern, name]) => text.replace(pattern, name), line)
}
