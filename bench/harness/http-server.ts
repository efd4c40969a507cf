import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { startProgram } from './program.ts'

/** A server of `programs/http-server.ts`, in a process of its own. */
export interface Server {
  readonly port: number
  /** The processor time that its process has taken so far. */
  processorMicroseconds(): Promise<number>
  stop(): Promise<void>
}

/** What it answers with, and on which backend. */
export type ServerKind = 'green' | 'async' | 'plain' | PeerKind

export type PeerKind = 'effect' | 'effection' | 'synckit'

export async function startServer(
  kind: ServerKind,
  backend: string,
  flags: string[] = [],
): Promise<Server> {
  const env = { GREENTHREADS_BACKEND: backend }
  const child = startProgram('http-server', { kind }, { env, flags })
  const exit = once(child, 'exit')
  const started = once(child, 'message').then(([message]) => (message as { port: number }).port)
  const port = await Promise.race([started, failure(child, exit)])
  const stop = async (): Promise<void> => {
    child.disconnect()
    const [code, signal] = await exit
    if (code !== 0) throw new Error(`The ${kind} server ended with ${signal ?? code}.`)
  }
  return { port, processorMicroseconds: () => processorMicroseconds(child), stop }
}

async function processorMicroseconds(child: ChildProcess): Promise<number> {
  const answer = once(child, 'message')
  child.send('processor time')
  const [usage] = (await answer) as [NodeJS.CpuUsage]
  return usage.user + usage.system
}

async function failure(child: ChildProcess, exit: Promise<unknown[]>): Promise<never> {
  await exit
  throw new Error(`The server ended with exit code ${child.exitCode} before it listened.`)
}
