import type { Clock } from '../status/status-cache.ts'
import { ApiKeyRepository } from '../storage/api-key-repository.ts'
import type { Database } from '../storage/database.ts'
import { ApiKeys } from './api-keys.ts'
import { AuditLog } from './audit-log.ts'
import { type DemoKey, renewDemoKeys } from './demo-keys.ts'
import { PanelUsers } from './panel-users.ts'
import { Sessions } from './sessions.ts'

export interface AccessOptions {
  /** Nothing here is real: keys and a password to try the service with are made and shown. */
  readonly isDemonstration: boolean
  readonly demoApiKey: string | undefined
  readonly adminPassword: string | undefined
}

/** Everything that knows who may do what. */
export interface Access {
  readonly apiKeys: ApiKeys
  readonly sessions: Sessions
  readonly users: PanelUsers
  readonly audit: AuditLog
  readonly demoKeys: readonly DemoKey[]
  /** The administrator's password, when it was made up for this start. */
  readonly demoPassword: string | undefined
}

export function openAccess(database: Database, options: AccessOptions, now: Clock): Access {
  const { isDemonstration, demoApiKey, adminPassword } = options
  const users = new PanelUsers(database, now)
  const hasDemoKeys = isDemonstration || demoApiKey !== undefined
  const hasAdmin = isDemonstration || adminPassword !== undefined
  const password = hasAdmin ? users.ensureAdmin(adminPassword) : undefined
  return {
    apiKeys: new ApiKeys(database, now),
    sessions: new Sessions(database, now),
    users,
    audit: new AuditLog(now),
    demoKeys: hasDemoKeys ? renewDemoKeys(new ApiKeyRepository(database), demoApiKey, now) : [],
    demoPassword: adminPassword === undefined ? password : undefined,
  }
}
