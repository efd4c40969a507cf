import type { Migration } from './migration.ts'

export const payments: Migration = {
  name: '011-payments',
  statements: [
    `CREATE TABLE registries (
       id uuid PRIMARY KEY,
       number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
       client text NOT NULL,
       idempotency_key text NOT NULL,
       fingerprint text NOT NULL,
       title text NOT NULL,
       state text NOT NULL CHECK (state IN ('accepted', 'refused')),
       row_count integer NOT NULL CHECK (row_count >= 0),
       created_at timestamptz NOT NULL,
       UNIQUE (client, idempotency_key)
     )`,
    `CREATE TABLE registry_errors (
       registry_id uuid NOT NULL REFERENCES registries,
       line integer NOT NULL,
       code text NOT NULL,
       message text NOT NULL,
       PRIMARY KEY (registry_id, line)
     )`,
    `CREATE TABLE payments (
       id uuid PRIMARY KEY,
       number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
       client text NOT NULL,
       idempotency_key text,
       fingerprint text,
       registry_id uuid REFERENCES registries,
       registry_line integer,
       inn text NOT NULL REFERENCES contractors,
       account text NOT NULL CHECK (account ~ '^[0-9]{20}$'),
       amount bigint NOT NULL CHECK (amount > 0),
       purpose text NOT NULL,
       income_year integer NOT NULL,
       state text NOT NULL DEFAULT 'created' CHECK (state IN
         ('created', 'checked', 'paid', 'receipted', 'completed', 'refused', 'annulling', 'annulled')),
       refusal_code text,
       refusal_message text,
       transfer_id text,
       paid_at timestamptz,
       receipt_id text,
       annulment_reason text CHECK (annulment_reason IN ('refund', 'mistake')),
       attempts integer NOT NULL DEFAULT 0,
       last_problem text,
       created_at timestamptz NOT NULL,
       updated_at timestamptz NOT NULL DEFAULT now(),
       -- Until claimed_until whoever holds the claim works on the payment; from then on anybody may.
       claim uuid,
       claimed_until timestamptz DEFAULT now(),
       UNIQUE (client, idempotency_key),
       UNIQUE (registry_id, registry_line),
       CHECK (num_nulls(idempotency_key, registry_id) = 1),
       CHECK (num_nulls(idempotency_key, fingerprint) IN (0, 2)),
       CHECK (num_nulls(registry_id, registry_line) IN (0, 2)),
       CHECK ((state = 'refused') = (refusal_code IS NOT NULL AND refusal_message IS NOT NULL)),
       CHECK ((state IN ('completed', 'refused', 'annulled')) = (claimed_until IS NULL)),
       CHECK (state IN ('created', 'checked', 'refused') OR num_nulls(transfer_id, paid_at) = 0),
       CHECK (state IN ('created', 'checked', 'refused', 'paid') OR receipt_id IS NOT NULL),
       CHECK ((state IN ('annulling', 'annulled')) = (annulment_reason IS NOT NULL))
     )`,
    // What is to be done next, apart for single payments and for those of registers: neither waits for the other.
    `CREATE INDEX payments_single_due ON payments (claimed_until, number)
       WHERE claimed_until IS NOT NULL AND registry_id IS NULL`,
    `CREATE INDEX payments_registry_due ON payments (claimed_until, number)
       WHERE claimed_until IS NOT NULL AND registry_id IS NOT NULL`,
    `CREATE INDEX payments_inn ON payments (inn, number)`,
    `CREATE INDEX payments_state ON payments (state, number)`,
    `CREATE INDEX payments_registry ON payments (registry_id, number)`,
    `CREATE FUNCTION check_payment_transition() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       IF (OLD.state, NEW.state) NOT IN (
         ('created', 'checked'), ('created', 'refused'), ('checked', 'paid'), ('checked', 'refused'),
         ('paid', 'receipted'), ('receipted', 'completed'), ('completed', 'annulling'), ('annulling', 'annulled')
       ) THEN
         RAISE EXCEPTION 'the payment % is %, and can not become %', OLD.id, OLD.state, NEW.state;
       END IF;
       NEW.updated_at := now();
       RETURN NEW;
     END $$`,
    `CREATE TRIGGER payments_transition BEFORE UPDATE OF state ON payments
       FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION check_payment_transition()`,
    `CREATE TABLE payment_events (
       id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
       payment_id uuid NOT NULL REFERENCES payments,
       at timestamptz NOT NULL DEFAULT now(),
       event text NOT NULL,
       detail text NOT NULL
     )`,
    `CREATE INDEX payment_events_payment ON payment_events (payment_id, id)`,
    // What is reserved or paid of each yearly limit. The row's lock lets concurrent payments pass one by one.
    `CREATE TABLE contractor_incomes (
       inn text NOT NULL REFERENCES contractors,
       year integer NOT NULL,
       amount bigint NOT NULL CHECK (amount BETWEEN 0 AND 240000000),
       PRIMARY KEY (inn, year)
     )`,
  ],
}
