import { addon } from '../binding/addon.ts'
import { InvalidArgumentError, OutOfThreadsError } from '../errors.ts'
import { checkFunction } from '../lowlevel.ts'

export interface MonitorOptions {
  /** How long the event loop may be held up unreported: whole milliseconds, 100 unless said otherwise. */
  thresholdMs?: number
  /** Called when the event loop turns again. Without it, the report goes to `descriptor` alone. */
  onBlocked?: (report: BlockedReport) => void
  /**
   * The file descriptor that the stack is written to at once, while the event loop is still held up: 2,
   * the standard error, unless there is `onBlocked`.
   */
  descriptor?: number
}

export interface BlockedReport {
  /** For how long the event loop has not turned, a few milliseconds more or less. */
  readonly blockedMs: number
  /** The JavaScript stack that held it up, as it was soon after the threshold. */
  readonly stack: string
}

export interface BlockingMonitor extends Disposable {
  /** Ends it. The second time nothing happens. */
  stop(): void
}

const DEFAULT_THRESHOLD_MS = 100
const LONGEST_THRESHOLD_MS = 3_600_000
/** How often within a threshold the event loop has to show that it turns. */
const BEATS_PER_THRESHOLD = 4

/**
 * Tells what holds up the event loop of this thread of Node.js: an operating system thread of its own watches
 * it, and interrupts the JavaScript code that has run for too long to take its stack, be it that of the main
 * stack or of a green thread. It does not hold the process. What blocks inside native code is seen
 * when that has returned to JavaScript.
 *
 * @throws InvalidArgumentError; OutOfThreadsError when the system has no thread to give.
 * @example
 * import { monitorBlocking } from 'greenthreads/inspect'
 * const monitor = monitorBlocking({
 *   thresholdMs: 50,
 *   onBlocked: ({ blockedMs, stack }) => console.error(`${Math.round(blockedMs)} ms:\n${stack}`),
 * })
 */
export function monitorBlocking({
  thresholdMs = DEFAULT_THRESHOLD_MS,
  onBlocked,
  descriptor = onBlocked === undefined ? 2 : NONE,
}: MonitorOptions = {}): BlockingMonitor {
  check(thresholdMs, onBlocked, descriptor)
  const id = addon.startMonitor(thresholdMs, descriptor)
  if (id === 0) throw new OutOfThreadsError('the monitor of the event loop')
  const beat = (): void => {
    const report = addon.beat(id)
    if (report !== undefined) onBlocked?.({ blockedMs: report[0], stack: report[1] })
  }
  const timer = setInterval(beat, Math.ceil(thresholdMs / BEATS_PER_THRESHOLD)).unref()
  const stop = (): void => {
    clearInterval(timer)
    addon.stopMonitor(id)
  }
  return { stop, [Symbol.dispose]: stop }
}

const NONE = -1

function check(thresholdMs: unknown, onBlocked: unknown, descriptor: unknown): void {
  if (!isWhole(thresholdMs, 1, LONGEST_THRESHOLD_MS)) {
    const range = `a whole number of milliseconds from 1 to ${LONGEST_THRESHOLD_MS}`
    throw new InvalidArgumentError('thresholdMs', range, thresholdMs)
  }
  if (onBlocked !== undefined) checkFunction('onBlocked', onBlocked)
  if (!isWhole(descriptor, NONE, 2 ** 31 - 1)) {
    throw new InvalidArgumentError('descriptor', 'a file descriptor', descriptor)
  }
}

function isWhole(value: unknown, from: number, to: number): boolean {
  return Number.isInteger(value) && (value as number) >= from && (value as number) <= to
}
