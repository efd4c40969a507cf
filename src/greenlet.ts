/** Symmetric coroutines with the semantics of Python's greenlet. */
import './core/startup.ts'

export { GreenletError, type GreenletErrorCode, GreenletExit } from './errors.ts'
export type { GreenletContext } from './greenlet/context.ts'
export { Greenlet, getcurrent } from './greenlet/greenlet.ts'
export { gettrace, settrace, type TraceEvent, type Tracer } from './greenlet/tracing.ts'
