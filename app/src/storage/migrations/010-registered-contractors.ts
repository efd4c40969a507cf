import type { Migration } from './migration.ts'

export const registeredContractors: Migration = {
  name: '010-registered-contractors',
  statements: [
    // Contractors from before are known by name only, until somebody registers them.
    `ALTER TABLE contractors
       ADD COLUMN phone text CHECK (phone ~ '^[+][1-9][0-9]{9,14}$'),
       ADD COLUMN account text CHECK (account ~ '^[0-9]{20}$'),
       ADD COLUMN registered_at timestamptz,
       ADD CHECK (num_nulls(phone, account, registered_at) IN (0, 3))`,
    `CREATE INDEX contractors_name ON contractors (lower(name))`,
  ],
}
