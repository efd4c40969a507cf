import type { Migration } from './migration.ts'

export const taxStatus: Migration = {
  name: '002-tax-status',
  statements: [
    `CREATE TABLE tax_checks (
       id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
       inn text NOT NULL REFERENCES contractors,
       standing text NOT NULL CHECK (standing IN ('self-employed', 'not-self-employed')),
       checked_at timestamptz NOT NULL
     )`,
    `CREATE INDEX tax_checks_inn ON tax_checks (inn, checked_at)`,
    `CREATE TABLE tax_statuses (
       inn text PRIMARY KEY REFERENCES contractors,
       standing text NOT NULL CHECK (standing IN ('self-employed', 'not-self-employed')),
       checked_at timestamptz NOT NULL,
       check_id integer NOT NULL REFERENCES tax_checks
     )`,
  ],
}
