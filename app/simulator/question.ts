/** What somebody wants of a neighbour. */
export interface Question {
  /** Method and path: `POST /transfers`. */
  readonly route: string
  /** The JSON that came; undefined when it was none. */
  readonly body: unknown
  readonly idempotencyKey: string | undefined
}

export interface Reply {
  readonly statusCode: number
  readonly body: object
}

/** Does what is asked and says how it went. */
export type Handler = (question: Question) => Reply

export function done(body: object): Reply {
  return { statusCode: 200, body }
}

export function refused(statusCode: number, code: string, message: string): Reply {
  return { statusCode, body: { code, message } }
}

/** The fields of the question, if all of them are there and are text. */
export function textFields<Name extends string>(
  body: unknown,
  names: readonly Name[],
): Record<Name, string> | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  const given = body as Record<string, unknown>
  const fields = names.map((name) => [name, given[name]] as const)
  return fields.every(([, value]) => typeof value === 'string' && value !== '')
    ? (Object.fromEntries(fields) as Record<Name, string>)
    : undefined
}
