import type { Upstream } from '../upstream/upstream.ts'

/** Messages to contractors' telephones. */
export class Notifications {
  readonly #upstream: Upstream

  constructor(upstream: Upstream) {
    this.#upstream = upstream
  }

  /** Sends the message once for each key, however often it is called. Throws `UpstreamUnavailable`. */
  send(phone: string, text: string, key: string): void {
    const answer = this.#upstream.call({
      method: 'POST',
      path: '/notifications',
      body: { phone, text },
      headers: { 'idempotency-key': key },
      isIdempotent: true,
    })
    const { notificationId } = (answer ?? {}) as { notificationId?: unknown }
    if (typeof notificationId !== 'string') {
      throw this.#upstream.unusable('it has no `notificationId`')
    }
  }
}
