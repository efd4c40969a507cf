import type { ProtectionConfig } from '../../src/config/protection-config.ts'
import { readConfig } from '../../src/config.ts'

const { protection } = readConfig({})

/** The defaults, but nothing that depends on how fast the tests ask, or on how often something failed before. */
export const calmProtection: ProtectionConfig = {
  ...protection,
  clientRequestsPerSecond: 0,
  queueTimeoutMs: 60_000,
  guard: { ...protection.guard, breakerCalls: 0, retries: 0 },
}
