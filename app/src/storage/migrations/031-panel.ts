import type { Migration } from './migration.ts'

export const panel: Migration = {
  name: '031-panel',
  statements: [
    `CREATE TABLE panel_users (
       id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
       login text NOT NULL UNIQUE CHECK (login <> ''),
       role text NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
       password_hash text NOT NULL,
       created_at timestamptz NOT NULL,
       disabled_at timestamptz
     )`,
    `CREATE TABLE panel_sessions (
       id_hash text PRIMARY KEY,
       user_id integer NOT NULL REFERENCES panel_users,
       created_at timestamptz NOT NULL,
       last_seen_at timestamptz NOT NULL,
       expires_at timestamptz NOT NULL
     )`,
    `CREATE INDEX panel_sessions_user ON panel_sessions (user_id)`,
    `CREATE INDEX panel_sessions_expiry ON panel_sessions (expires_at)`,
    // The login, not the user's id: what was written down stays as it was.
    `CREATE TABLE audit_log (
       id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
       at timestamptz NOT NULL,
       login text NOT NULL,
       action text NOT NULL,
       subject text NOT NULL,
       details text NOT NULL,
       request_id text NOT NULL
     )`,
    `CREATE INDEX audit_log_action ON audit_log (action, id)`,
    `CREATE FUNCTION refuse_change_of_audit_log() RETURNS trigger LANGUAGE plpgsql AS
     $$ BEGIN RAISE EXCEPTION 'entries of the audit log are never changed or deleted'; END $$`,
    `CREATE TRIGGER audit_log_is_final BEFORE UPDATE OR DELETE ON audit_log
       FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit_log()`,
  ],
}
