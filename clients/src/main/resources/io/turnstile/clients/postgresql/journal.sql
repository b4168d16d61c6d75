-- The journal of Turnstile in PostgreSQL 14 or later: --journal-store postgresql.
--
-- Run it once, as the owner of the database, in one transaction:
--
--   ./turnstile database create --jdbc-url jdbc:postgresql://HOST/DATABASE --lanes 4
--   psql --single-transaction -v ON_ERROR_STOP=1 -v lanes=4 -f journal.sql DATABASE
--
-- Both do the same. Then give the job's login the role turnstile_writer, and those who read verdicts
-- the role turnstile_reader:
--
--   CREATE ROLE shop_job LOGIN PASSWORD '…';
--   GRANT turnstile_writer TO shop_job;

CREATE SCHEMA turnstile;

-- One row. The id is in every checkpoint: it stays the same on a replica and in a restored backup.
CREATE TABLE turnstile.journal (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  id       uuid    NOT NULL DEFAULT gen_random_uuid(),
  format   integer NOT NULL,
  lanes    integer NOT NULL CHECK (lanes BETWEEN 1 AND 32768)
);

-- One row for each lane, changed by every commit: room in its page lets the update stay there.
CREATE TABLE turnstile.lane (
  lane     integer PRIMARY KEY,
  -- Random; of the newest take-over. A commit counts only while it is there.
  owner    uuid,
  -- application_name of the owner's sessions.
  sessions text,
  -- lane_seq of the last verdict, 0 if there is none.
  last_seq bigint  NOT NULL DEFAULT 0,
  -- Verdicts before it may have been dropped.
  first_seq bigint NOT NULL DEFAULT 1,
  -- Hash over all verdicts up to last_seq.
  history  bytea   NOT NULL DEFAULT decode(repeat('00', 32), 'hex')
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- What comes from inputs is bytes: text refuses U+0000, which JSON allows.
CREATE TABLE turnstile.verdict (
  lane             integer     NOT NULL,
  -- Without a gap, in the order of commits.
  lane_seq         bigint      NOT NULL,
  -- The input that this is the verdict of.
  source_topic     text        NOT NULL,
  source_partition integer     NOT NULL,
  source_offset    bigint      NOT NULL,
  -- accepted, rejected or dead-letter.
  outcome          text        NOT NULL,
  -- Of a rejection or a dead letter.
  reason           text,
  -- UTF-8; null for a dead letter.
  transaction_id   bytea,
  customer_id      bytea,
  received_at      timestamptz NOT NULL,
  decided_at       timestamptz,
  -- As in Kafka's verdict topics: JSON, or the bytes of a dead letter, which may be null.
  value            bytea,
  -- Of a dead letter: what is wrong (UTF-8), and the key and headers of its input. Headers are a
  -- JSON array (UTF-8) of names, each followed by its value in base64 or null.
  error_message    bytea,
  input_key        bytea,
  input_headers    bytea,
  CONSTRAINT verdict_number PRIMARY KEY (lane, lane_seq),
  -- The database itself refuses a second verdict.
  CONSTRAINT verdict_source UNIQUE (source_topic, source_partition, source_offset)
);

INSERT INTO turnstile.journal (format, lanes) VALUES (2, :lanes);
INSERT INTO turnstile.lane (lane) SELECT generate_series(0, :lanes - 1);

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'turnstile_writer') THEN
    CREATE ROLE turnstile_writer NOLOGIN;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'turnstile_reader') THEN
    CREATE ROLE turnstile_reader NOLOGIN;
  END IF;
END
$$;

-- Nobody may change or delete a verdict but the owner of the tables.
GRANT USAGE ON SCHEMA turnstile TO turnstile_writer, turnstile_reader;
GRANT SELECT ON turnstile.journal, turnstile.lane, turnstile.verdict
  TO turnstile_writer, turnstile_reader;
GRANT UPDATE (owner, sessions, last_seq, history) ON turnstile.lane TO turnstile_writer;
GRANT INSERT ON turnstile.verdict TO turnstile_writer;
