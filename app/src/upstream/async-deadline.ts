/** A limit of time for async code, with what an `AbortSignal` needs to stop the operation. */
export interface AsyncDeadline {
  readonly timeoutMs: number
  /** Aborted when the time is over, or when nobody wants the result any more. */
  readonly signal: AbortSignal
  /** Rejects with the reason of the signal, never resolves. */
  readonly aborted: Promise<never>
  /** Whether this is the error with which the signal was aborted for the time. */
  readonly isMine: (error: unknown) => boolean
  /** Nobody wants the result any more. */
  readonly giveUp: () => void
  readonly clear: () => void
}

export function asyncDeadline(timeoutMs: number): AsyncDeadline {
  const controller = new AbortController()
  const { signal } = controller
  let late: DOMException | undefined
  const timer = setTimeout(() => {
    late = new DOMException(`No result within ${timeoutMs} ms.`, 'TimeoutError')
    controller.abort(late)
  }, timeoutMs)
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  return {
    timeoutMs,
    signal,
    aborted,
    isMine: (error) => late !== undefined && error === late,
    giveUp: () => controller.abort(),
    clear: () => clearTimeout(timer),
  }
}
