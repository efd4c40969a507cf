import { checkTimeout } from './argument.ts'

/** How long async code waits. */
export interface WaitOptions {
  /** Gives up when it aborts; the promise rejects with its reason. */
  readonly signal?: AbortSignal | undefined
  /** Gives up after so many milliseconds; by default never, with 0 at once. */
  readonly timeoutMs?: number | undefined
}

/**
 * For the async twins of blocking calls, which check even when they do not have to wait.
 *
 * @throws InvalidArgumentError, and the reason of a signal that has aborted.
 */
export function checkWaitOptions(options: WaitOptions): void {
  checkTimeout('timeoutMs', options.timeoutMs ?? Number.POSITIVE_INFINITY)
  options.signal?.throwIfAborted()
}
