import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { wait } from 'greenthreads'
import { Admission } from 'greenthreads/fastify'
import type { Redis } from 'ioredis'
import type { ProtectionConfig } from '../config/protection-config.ts'
import { ConfigError } from '../config/setting.ts'
import { RedisBreakerBoard } from '../upstream/breaker-board.ts'
import type { TlsOptions } from '../upstream/tls-connector.ts'
import { Upstream, type UpstreamOptions } from '../upstream/upstream.ts'
import { ClientLimits } from './client-limits.ts'
import { openRedis } from './redis.ts'

export const protectionNames = ['admission', 'client-limits', 'breakers'] as const
export type ProtectionName = (typeof protectionNames)[number]

export type UpstreamAddress = Pick<UpstreamOptions, 'name' | 'url' | 'timeoutMs' | 'connections'>

/** Everything that keeps the service standing, each of which can be switched off to see what it is good for. */
export class Protections {
  readonly admission: Admission
  readonly clientLimits: ClientLimits
  readonly #config: ProtectionConfig
  readonly #redis: Redis | undefined
  readonly #board: RedisBreakerBoard | undefined
  readonly #tls: TlsOptions
  readonly #upstreams: Upstream[] = []
  readonly #isOn = new Map<ProtectionName, boolean>(protectionNames.map((name) => [name, true]))

  constructor(config: ProtectionConfig, onError: (error: Error) => void) {
    this.#config = config
    const { maxConcurrent, maxQueue, queueTimeoutMs, clientRequestsPerSecond } = config
    const { redisUrl, redisPrefix } = config
    this.admission = new Admission({ maxConcurrent, maxQueue, queueTimeoutMs })
    this.#tls = { legacyHosts: config.legacyTlsHosts, ca: certificatesIn(config.tlsCaFile) }
    if (redisUrl !== undefined) {
      this.#redis = openRedis(redisUrl, onError)
      this.#board = new RedisBreakerBoard({
        redis: this.#redis,
        prefix: redisPrefix,
        self: randomUUID(),
        onError,
      })
    }
    this.clientLimits = new ClientLimits({
      requestsPerSecond: clientRequestsPerSecond,
      redis: this.#redis,
      redisPrefix,
    })
  }

  get upstreams(): readonly Upstream[] {
    return this.#upstreams
  }

  /** An upstream whose calls are bounded and broken off as the settings say. It is closed with the others. */
  openUpstream(address: UpstreamAddress): Upstream {
    const upstream = new Upstream({
      ...address,
      guard: this.#config.guard,
      board: this.#board,
      tls: this.#tls,
    })
    upstream.switchBreaker(this.isOn('breakers'))
    this.#upstreams.push(upstream)
    return upstream
  }

  isOn(name: ProtectionName): boolean {
    return this.#isOn.get(name) === true
  }

  switch(name: ProtectionName, isOn: boolean): void {
    this.#isOn.set(name, isOn)
    if (name === 'admission') this.#switchAdmission(isOn)
    else if (name === 'client-limits') this.clientLimits.switch(isOn)
    else for (const upstream of this.#upstreams) upstream.switchBreaker(isOn)
  }

  close(): void {
    for (const upstream of this.#upstreams) upstream.close()
    this.#board?.close()
    if (this.#redis?.status === 'ready') wait(this.#redis.quit())
    else this.#redis?.disconnect()
  }

  #switchAdmission(isOn: boolean): void {
    const { maxConcurrent } = this.#config
    this.admission.change({ maxConcurrent: isOn ? maxConcurrent : Number.POSITIVE_INFINITY })
  }
}

function certificatesIn(file: string | undefined): string | undefined {
  if (file === undefined) return undefined
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new ConfigError(
      `TLS_CA_FILE names ${file}, which can't be read: ${(error as Error).message}`,
    )
  }
}
