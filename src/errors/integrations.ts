import { GreenThreadsError } from './base.ts'

/** The reason (`cause`) of a cancellation because a request's client went away before its response was complete. */
export class ClientDisconnectedError extends GreenThreadsError {
  constructor() {
    super(
      'ERR_GT_CLIENT_DISCONNECTED',
      'The client closed the connection before the response was complete, so nobody waits for it any more.\n' +
        'Work that must be done all the same belongs into shield(), or into a green thread of its own; ' +
        '`cancelOnDisconnect: false` turns this off.',
    )
  }
}

/** The Fastify plugin was registered where it works already. */
export class AlreadyRegisteredError extends GreenThreadsError {
  constructor() {
    super(
      'ERR_GT_ALREADY_REGISTERED',
      'The plugin greenthreads is registered on this Fastify instance, or on one above it, already.\n' +
        'Register it once, on the instance whose routes shall run in green threads, before everything else.',
    )
  }
}

/** No place in the queue, or none among those who are served before the time was up. */
export type AdmissionRefusal = 'queue-full' | 'queue-timeout'

interface Occupancy {
  readonly all: number
  readonly route: number
}

/** A server has as much to do as it may, and did not take a request. */
export class AdmissionRefusedError extends GreenThreadsError {
  /** What web frameworks answer such an error with. */
  readonly statusCode = 429
  readonly reason: AdmissionRefusal
  readonly route: string | undefined
  readonly retryAfterMs: number

  constructor(refusal: {
    reason: AdmissionRefusal
    route: string | undefined
    running: Occupancy
    queued: Occupancy
    retryAfterMs: number
  }) {
    const { reason, route, running, queued, retryAfterMs } = refusal
    const what = reason === 'queue-full' ? 'found no place in the queue' : 'got no turn in time'
    const ofRoute = route === undefined ? '' : `, of ${route} ${running.route} and ${queued.route}`
    super(
      'ERR_GT_ADMISSION_REFUSED',
      `The request ${what}: ${running.all} are being served and ${queued.all} wait${ofRoute}. ` +
        `Come again in ${Math.ceil(retryAfterMs / 1000)} s.`,
    )
    this.reason = reason
    this.route = route
    this.retryAfterMs = retryAfterMs
  }

  /** For the header `Retry-After`. */
  get retryAfterSeconds(): number {
    return Math.ceil(this.retryAfterMs / 1000)
  }
}

/** Why `offload()` could not do its work in a worker. */
export type OffloadErrorCode =
  | 'ERR_GT_OFFLOAD_NO_PISCINA'
  | 'ERR_GT_OFFLOAD_NOT_SELF_CONTAINED'
  | 'ERR_GT_OFFLOAD_NOT_CLONEABLE'
  | 'ERR_GT_OFFLOAD_QUEUE_FULL'
  | 'ERR_GT_OFFLOAD_WORKER_LOST'

/** `offload()` could not do its work in a worker. What the work itself throws is thrown as it is. */
export class OffloadError extends GreenThreadsError {
  declare readonly code: OffloadErrorCode

  constructor(code: OffloadErrorCode, message: string, cause?: unknown) {
    super(code, message, cause === undefined ? undefined : { cause })
  }
}
