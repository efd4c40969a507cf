import {
  type Attributes,
  type Context,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'

export interface SpanOptions {
  readonly kind?: SpanKind
  readonly attributes?: Attributes
}

/** Made only where there is a span to tell of. */
export type Description = () => readonly [name: string, options: SpanOptions]

/** Makes spans that are nothing, until `openTracing` has been called and from its end on. */
function tracer(): Tracer {
  return trace.getTracer('payments')
}

/** Runs the work as a span, which is the current one for all that it does, however often it waits. */
export function inSpan<T>(name: string, options: SpanOptions, work: () => T): T {
  return tracer().startActiveSpan(name, options, (span) => {
    try {
      return work()
    } catch (error) {
      markFailed(span, error)
      throw error
    } finally {
      span.end()
    }
  })
}

/** The same as a part of another span; what is done for nobody in particular gets none. */
export function inInnerSpan<T>(describe: Description, work: () => T): T {
  return trace.getActiveSpan() === undefined ? work() : inSpan(...describe(), work)
}

/** The same for async code. */
export function inInnerSpanAsync<T>(describe: Description, work: () => Promise<T>): Promise<T> {
  if (trace.getActiveSpan() === undefined) return work()
  return tracer().startActiveSpan(...describe(), async (span) => {
    try {
      return await work()
    } catch (error) {
      markFailed(span, error)
      throw error
    } finally {
      span.end()
    }
  })
}

/** A span that others end, and that is nobody's current one yet. */
export function startSpan(name: string, options: SpanOptions, parent: Context): Span {
  return tracer().startSpan(name, options, parent)
}

/** Which error it was, without its message: that may name people and their accounts. */
export function markFailed(span: Span, error: unknown): void {
  const { code, name } = error as { code?: unknown; name?: unknown }
  span.setAttribute('error.type', String(code ?? name ?? typeof error))
  span.setStatus({ code: SpanStatusCode.ERROR })
}

export { SpanKind }
