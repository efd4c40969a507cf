import { GreenThreadsError } from './base.ts'

/** What can't be done with a greenlet. */
export type GreenletErrorCode =
  | 'ERR_GT_GREENLET_OTHER_THREAD'
  | 'ERR_GT_GREENLET_NO_RUN'
  | 'ERR_GT_GREENLET_STARTED'
  | 'ERR_GT_GREENLET_PARENT_CYCLE'
  | 'ERR_GT_GREENLET_MAIN'
  | 'ERR_GT_GREENLET_EXITING'

/** A greenlet was used in a way that its state, or its place among the others, does not allow. */
export class GreenletError extends GreenThreadsError {
  declare readonly code: GreenletErrorCode

  constructor(code: GreenletErrorCode, message: string) {
    super(code, message)
  }
}

/**
 * Ends a greenlet: thrown in it by `greenlet.throw()`, and when nobody can switch to it any more. When
 * it is not caught, its parent gets it as a result, not as an error.
 */
export class GreenletExit extends GreenThreadsError {
  constructor(message: string = 'The greenlet is to end') {
    super('ERR_GT_GREENLET_EXIT', message)
  }
}
