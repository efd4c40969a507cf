import { Ajv, type ValidateFunction } from 'ajv'
import type { FastifyError, FastifyInstance } from 'fastify'
import type { ProblemDetails } from '../domain/errors.ts'

/** JSON says what it means: "5" is no number there. In a query string everything is text. */
const bodies = new Ajv({ useDefaults: true })
const texts = new Ajv({ useDefaults: true, coerceTypes: true })

export function validateRequests(server: FastifyInstance): void {
  server.setValidatorCompiler<object>(
    ({ schema, httpPart }): ValidateFunction =>
      (httpPart === 'body' ? bodies : texts).compile(schema),
  )
}

interface ValidationReport {
  readonly message: string
  readonly details: ProblemDetails
}

/** What a request did not keep to; undefined when the error is of another kind. Values stay out of it. */
export function validationReport(error: FastifyError): ValidationReport | undefined {
  const [first] = error.validation ?? []
  if (first === undefined) return undefined
  const part = error.validationContext ?? 'request'
  const { additionalProperty } = first.params as { additionalProperty?: string }
  const named = additionalProperty === undefined ? '' : ` (${JSON.stringify(additionalProperty)})`
  const at = `${part}${first.instancePath}`
  return {
    message: `${at} ${first.message ?? 'is not as the API describes it'}${named}.`,
    details: { at, rule: first.keyword },
  }
}
