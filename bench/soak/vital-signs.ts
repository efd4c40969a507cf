import type { ChildProcess } from 'node:child_process'
import { openDescriptors, residentBytesOf } from '../load/memory-watch.ts'

/** What has to stay flat while the service runs for long. */
export interface VitalSigns {
  readonly memoryMegabytes: number
  readonly descriptors: number
  readonly suspendedThreads: number
  readonly databaseConnections: number
}

/** Reads them from outside: of the process, and of what the service itself counts. */
export async function vitalSigns(
  child: ChildProcess,
  url: string,
  apiKey: string,
): Promise<VitalSigns> {
  const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${apiKey}` } })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`GET /metrics was answered with: ${text}`)
  return {
    memoryMegabytes: residentBytesOf(child) / 2 ** 20,
    descriptors: openDescriptors(child),
    suspendedThreads: metricOf(text, 'green_threads_waiting'),
    databaseConnections: metricOf(text, 'database_connections\\{state="open"\\}', 0),
  }
}

function metricOf(text: string, name: string, otherwise?: number): number {
  const value = new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1] ?? otherwise
  if (value === undefined) throw new Error(`The service's metrics lack ${name}.`)
  return Number(value)
}
