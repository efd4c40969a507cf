import { context, DiagLogLevel, diag, propagation, trace } from '@opentelemetry/api'
import { wait } from 'greenthreads'

export interface TracingConfig {
  /** Where spans are sent by OTLP over HTTP; when undefined, there are none. */
  readonly otlpEndpoint: string | undefined
  readonly serviceName: string
}

export interface Tracing {
  /** Sends what has not been sent yet. For code in a green thread. */
  close(): void
}

const exportTimeoutMs = 3000

/**
 * OpenTelemetry for this process. Its context is an AsyncLocalStorage, which follows green threads through every
 * suspension, so that its own libraries serve as they are.
 */
export function openTracing(
  { otlpEndpoint, serviceName }: TracingConfig,
  onError: (message: string) => void,
): Tracing {
  if (otlpEndpoint === undefined) return { close: () => undefined }
  // Loaded only where they are used.
  const { BatchSpanProcessor, NodeTracerProvider } = wait(import('@opentelemetry/sdk-trace-node'))
  const { OTLPTraceExporter } = wait(import('@opentelemetry/exporter-trace-otlp-http'))
  const { resourceFromAttributes } = wait(import('@opentelemetry/resources'))
  diag.setLogger(quietLogger(onError), {
    logLevel: DiagLogLevel.WARN,
    suppressOverrideMessage: true,
  })
  const exporter = new OTLPTraceExporter({
    url: `${otlpEndpoint.replace(/\/$/, '')}/v1/traces`,
    timeoutMillis: exportTimeoutMs,
  })
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': serviceName }),
    spanProcessors: [new BatchSpanProcessor(exporter, { exportTimeoutMillis: exportTimeoutMs })],
  })
  provider.register()
  return {
    close() {
      try {
        wait(provider.shutdown())
      } finally {
        for (const api of [trace, context, propagation, diag]) api.disable()
      }
    },
  }
}

/** What people on call should know; the rest is for developers of OpenTelemetry. */
function quietLogger(onError: (message: string) => void) {
  const ignored = (): void => undefined
  return { error: onError, warn: onError, info: ignored, debug: ignored, verbose: ignored }
}
