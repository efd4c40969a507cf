import type { TracingConfig } from '../observability/tracing.ts'
import { ConfigError, type Setting, type SettingsReader } from './setting.ts'

/** Who is told what the service does. */
export interface ObservabilityConfig extends TracingConfig {}

export const observabilitySettings: readonly Setting[] = [
  {
    name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    fallback: '',
    help: 'OpenTelemetry collector (OTLP over HTTP) that gets the spans; without it, there are none',
  },
  { name: 'OTEL_SERVICE_NAME', fallback: 'payments', help: 'name of the service in its spans' },
]

export function readObservabilityConfig({ text }: SettingsReader): ObservabilityConfig {
  return {
    otlpEndpoint: parseEndpoint(text('OTEL_EXPORTER_OTLP_ENDPOINT')),
    serviceName: text('OTEL_SERVICE_NAME'),
  }
}

function parseEndpoint(text: string): string | undefined {
  if (text === '') return undefined
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text
  throw new ConfigError(
    `OTEL_EXPORTER_OTLP_ENDPOINT must be an address such as http://127.0.0.1:4318, but it is "${text}".`,
  )
}
