import type { Readable } from 'node:stream'
import type { FastifyBaseLogger } from 'fastify'
import { Cancelled, sleep, spawnWith } from 'greenthreads'

/** Longest time for which a stream outlives the session that may read it. */
const lookMs = 1000

/**
 * Calls `end` when the reader of an open stream may no longer read it: the session is over, or its role was taken
 * away, here or by another replica. While the database can't tell, the stream stays as it is.
 */
export function endWithSession(
  stream: Readable,
  isStillAdmitted: () => boolean,
  end: () => void,
  log: FastifyBaseLogger,
): void {
  const watch = spawnWith({ name: 'watches a session', detached: true }, () => {
    for (;;) {
      sleep(lookMs)
      try {
        if (!isStillAdmitted()) return end()
      } catch (error) {
        if (error instanceof Cancelled) throw error
        log.warn({ err: error }, 'whether a session goes on is not known; the next look follows')
      }
    }
  })
  stream.once('close', () => watch.cancel())
}
