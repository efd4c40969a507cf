import type { AdmissionSnapshot } from 'greenthreads/fastify'
import { suspendedThreads } from 'greenthreads/lowlevel'
import type { Protections } from '../protection/protections.ts'
import { protectionNames } from '../protection/protections.ts'
import type { Database } from '../storage/database.ts'
import type { ConnectionCounts } from '../storage/driver.ts'
import type { GuardSnapshot } from '../upstream/upstream-guard.ts'

/** What goes on in the service at one moment. */
export interface Figures {
  readonly at: string
  /** Green threads that wait, by name: that of a route and of its stage. */
  readonly waiting: { readonly total: number; readonly byName: Readonly<Record<string, number>> }
  readonly admission: AdmissionSnapshot
  readonly clientLimits: { readonly isOn: boolean; readonly refused: number }
  readonly upstreams: readonly GuardSnapshot[]
  /** Undefined for a database that is a part of this process. */
  readonly connections: ConnectionCounts | undefined
  readonly protections: Readonly<Record<string, boolean>>
  readonly memoryBytes: number
}

export function takeFigures(protections: Protections, database: Database): Figures {
  const { admission, clientLimits, upstreams } = protections
  return {
    at: new Date().toISOString(),
    waiting: waitingThreads(),
    admission: admission.snapshot(),
    clientLimits: { isOn: clientLimits.isOn, refused: clientLimits.refused },
    upstreams: upstreams.map((upstream) => upstream.snapshot()),
    connections: database.connections,
    protections: Object.fromEntries(protectionNames.map((name) => [name, protections.isOn(name)])),
    memoryBytes: process.memoryUsage.rss(),
  }
}

function waitingThreads(): Figures['waiting'] {
  const threads = suspendedThreads()
  const byName: Record<string, number> = {}
  for (const { name } of threads) byName[name] = (byName[name] ?? 0) + 1
  return { total: threads.length, byName }
}
