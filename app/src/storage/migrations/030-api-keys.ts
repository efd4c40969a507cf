import type { Migration } from './migration.ts'

export const apiKeys: Migration = {
  name: '030-api-keys',
  statements: [
    `CREATE TABLE api_keys (
       id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
       client text NOT NULL CHECK (client <> ''),
       hash text NOT NULL UNIQUE,
       hint text NOT NULL,
       scopes text NOT NULL,
       is_demo boolean NOT NULL DEFAULT false,
       created_at timestamptz NOT NULL,
       last_used_at timestamptz,
       revoked_at timestamptz
     )`,
    `CREATE UNIQUE INDEX api_keys_demo_client ON api_keys (client) WHERE is_demo`,
  ],
}
