import type { ChildProcess } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

const everyMs = 100

/**
 * Reads the resident memory of a process all the time and kills it above the limit, as the kernel kills a
 * container: no permission is needed for it, unlike for a control group.
 */
export class MemoryWatch {
  readonly #child: ChildProcess
  readonly #limitBytes: number
  readonly #timer: NodeJS.Timeout
  #peakBytes = 0
  #hasKilled = false

  constructor(child: ChildProcess, limitBytes: number) {
    this.#child = child
    this.#limitBytes = limitBytes
    this.#timer = setInterval(() => this.#look(), everyMs)
  }

  get peakBytes(): number {
    return this.#peakBytes
  }

  get hasKilled(): boolean {
    return this.#hasKilled
  }

  residentBytes(): number {
    return residentBytesOf(this.#child)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    if (!isAlive(this.#child)) {
      this.stop()
      return
    }
    const bytes = this.residentBytes()
    this.#peakBytes = Math.max(this.#peakBytes, bytes)
    if (bytes <= this.#limitBytes) return
    this.#hasKilled = true
    this.#child.kill('SIGKILL')
    this.stop()
  }
}

export function isAlive(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null
}

export function openDescriptors(child: ChildProcess): number {
  return readdirSync(`/proc/${child.pid}/fd`).length
}

export function mostDescriptors(): number {
  const limits = readFileSync('/proc/self/limits', 'utf8')
  return Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? 1024)
}

export function residentBytesOf(child: ChildProcess): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024
}
