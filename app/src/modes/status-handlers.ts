import type { StatusBody } from '../http/status-controller.ts'

export interface Health {
  readonly status: 'ok'
  readonly mode: Mode
}

/** How the status check is run: `mode-meanings.ts` says what each of them is. */
export type Mode = 'green' | 'threads' | 'async'

/** What the routes of the status check and of `/health` call. Each mode of the service has its own. */
export interface StatusHandlers {
  readonly mode: Mode
  showStatus(inn: string): StatusBody | Promise<StatusBody>
  /** Asks the database something cheap. */
  showHealth(): Health | Promise<Health>
  /** Lets go of what belongs to this mode alone. For code in a green thread. */
  close(): void
}
