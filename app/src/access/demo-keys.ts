import type { Clock } from '../status/status-cache.ts'
import type { ApiKeyRepository } from '../storage/api-key-repository.ts'
import { type ApiScope, apiScopes } from './access.ts'
import { hashOfKey, hintOfKey, newApiKey } from './api-key.ts'

export interface DemoKey {
  readonly client: string
  readonly key: string
  readonly scopes: readonly ApiScope[]
}

/** Client services to try the API as: one that may do everything, one that may do little, and the simulated crowd. */
const demoClients: readonly Omit<DemoKey, 'key'>[] = [
  { client: 'demo', scopes: apiScopes },
  { client: 'demo-reader', scopes: ['status:read', 'contractors:read'] },
  { client: 'front-user', scopes: ['contractors:read'] },
  { client: 'noisy-neighbour', scopes: ['status:read'] },
]

/** Gives the demo clients keys that work from now on instead of those of the last start. */
export function renewDemoKeys(
  repository: ApiKeyRepository,
  chosenKey: string | undefined,
  now: Clock,
): DemoKey[] {
  return demoClients.map(({ client, scopes }, index) => {
    const key = (index === 0 ? chosenKey : undefined) ?? newApiKey()
    repository.renewDemo({
      client,
      scopes,
      hash: hashOfKey(key),
      hint: hintOfKey(key),
      createdAt: now(),
    })
    return { client, key, scopes }
  })
}
