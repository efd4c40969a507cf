import { Problem } from '../domain/errors.ts'
import type { Clock } from '../status/status-cache.ts'
import { type ApiKeyRecord, ApiKeyRepository } from '../storage/api-key-repository.ts'
import type { Database, Queries } from '../storage/database.ts'
import type { ApiScope, Caller } from './access.ts'
import { hashOfKey, hintOfKey, newApiKey } from './api-key.ts'

export interface CreatedApiKey extends ApiKeyRecord {
  /** To be shown once: it can't be found again. */
  readonly key: string
}

/** Writes down what is done, in the same transaction. */
type Alongside = (queries: Queries, record: ApiKeyRecord) => void

interface KnownKey {
  readonly record: ApiKeyRecord
  readonly readAt: Date
}

/** How long another replica may still accept a key after it was revoked; this process never does. */
const rememberedMs = 1000
/** `last used` is for people who look for keys that nobody needs any more: a minute is near enough. */
const useNotedMs = 60_000

/** The keys of client services: who a key belongs to, and whether it still works. */
export class ApiKeys {
  readonly #database: Database
  readonly #repository: ApiKeyRepository
  readonly #now: Clock
  /** By hash. Only keys that exist get in here, so that wrong ones can't fill it. */
  #known = new Map<string, KnownKey>()
  readonly #usesNoted = new Map<number, number>()

  constructor(database: Database, now: Clock) {
    this.#database = database
    this.#repository = new ApiKeyRepository(database)
    this.#now = now
  }

  /** Throws a `Problem` of kind `unauthorized` when the key is unknown or revoked. */
  callerWith(key: string): Caller {
    const record = this.#find(hashOfKey(key))
    if (record === undefined) throw unknownKey()
    if (record.revokedAt !== undefined) throw revokedKey(record)
    this.#noteUse(record)
    return { keyId: record.id, client: record.client, scopes: record.scopes }
  }

  /** The newest first. */
  all(): ApiKeyRecord[] {
    return this.#repository.all()
  }

  create(
    client: string,
    scopes: readonly ApiScope[],
    alongside: Alongside = () => undefined,
  ): CreatedApiKey {
    const key = newApiKey()
    const made = { hash: hashOfKey(key), hint: hintOfKey(key), createdAt: this.#now() }
    return this.#database.transaction((queries) => {
      const record = new ApiKeyRepository(queries).add({ client, scopes, ...made })
      alongside(queries, record)
      return { ...record, key }
    })
  }

  /** Whether there was such a key that still worked. */
  revoke(id: number, alongside: Alongside = () => undefined): boolean {
    const revoked = this.#database.transaction((queries) => {
      const record = new ApiKeyRepository(queries).revoke(id, this.#now())
      if (record !== undefined) alongside(queries, record)
      return record
    })
    // A new map, because what a request reads at this moment still goes into the old one.
    this.#known = new Map()
    return revoked !== undefined
  }

  #find(hash: string): ApiKeyRecord | undefined {
    const memory = this.#known
    const readAt = this.#now()
    const known = memory.get(hash)
    if (known !== undefined && readAt.getTime() - known.readAt.getTime() < rememberedMs) {
      return known.record
    }
    const record = this.#repository.findByHash(hash)
    if (record === undefined) memory.delete(hash)
    else memory.set(hash, { record, readAt })
    return record
  }

  #noteUse({ id }: ApiKeyRecord): void {
    const now = this.#now()
    const noted = this.#usesNoted.get(id)
    if (noted !== undefined && now.getTime() - noted < useNotedMs) return
    // First the memory, then the database: requests that come meanwhile need not write the same.
    this.#usesNoted.set(id, now.getTime())
    this.#repository.noteUse(id, now)
  }
}

function unknownKey(): Problem {
  return new Problem(
    'unauthorized',
    'API_KEY_UNKNOWN',
    'The API key is not one of ours: probably it was cut short, or belongs to another installation.',
  )
}

function revokedKey({ hint, revokedAt }: ApiKeyRecord): Problem {
  return new Problem(
    'unauthorized',
    'API_KEY_REVOKED',
    `The API key ${hint}... was revoked at ${revokedAt?.toISOString()}. Ask an administrator for a new one.`,
  )
}
