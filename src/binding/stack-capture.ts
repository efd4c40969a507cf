const CAPTURED_FRAMES = 100

/** An error whose stack is that of the caller. */
export function captureStack(): Error {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = CAPTURED_FRAMES
  const error = new Error('suspended')
  Error.captureStackTrace(error, captureStack)
  Error.stackTraceLimit = stackTraceLimit
  return error
}
