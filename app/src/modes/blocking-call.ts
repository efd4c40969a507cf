import type { Inn } from '../domain/inn.ts'
import type { SqlValue } from '../storage/driver.ts'
import type { CarriedError } from './carried-error.ts'

/** What a business thread asks the main thread for, blocked until it has the answer. */
export type BlockingCall =
  | { readonly name: 'query'; readonly sql: string; readonly parameters: readonly SqlValue[] }
  | { readonly name: 'standingOf'; readonly inn: Inn; readonly at: Date }

export type Outcome = { readonly value: unknown } | { readonly error: CarriedError }

/** The answer, with the time on the service's clock. */
export type BlockingAnswer = Outcome & { readonly now: Date }

/** A task of a business thread, named as the handler that it is for. */
export type BusinessTask =
  | { readonly name: 'showStatus'; readonly inn: string }
  | { readonly name: 'showHealth' }

/** What a business thread is started with. */
export interface BusinessThreadData {
  readonly statusFreshMs: number
}

/** The channel between the main thread and the one that waits for it on behalf of a business thread. */
export function channelName(businessThreadId: number): string {
  return `blocking calls of thread ${businessThreadId}`
}
