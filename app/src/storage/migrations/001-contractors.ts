import type { Migration } from './migration.ts'

export const contractors: Migration = {
  name: '001-contractors',
  statements: [
    `CREATE TABLE contractors (
       inn text PRIMARY KEY CHECK (inn ~ '^[0-9]{12}$'),
       name text NOT NULL CHECK (name <> '')
     )`,
  ],
}
