export interface StatusAnswer {
  readonly status: boolean
  readonly message: string
}

/** Takes nothing on trust: an answer of another shape is no answer, and must not be stored as one. */
export function isStatusAnswer(answer: unknown): answer is StatusAnswer {
  return (
    typeof answer === 'object' &&
    answer !== null &&
    'status' in answer &&
    typeof answer.status === 'boolean' &&
    'message' in answer &&
    typeof answer.message === 'string'
  )
}
