-- Verdicts of each day (UTC, by received_at) in a partition of their own, which
-- ./turnstile database retain makes and drops. What is there already stays in verdict_rest.
--
-- Run it once behind journal.sql, as the owner of the database, in one transaction:
--
--   ./turnstile database create --partitions --jdbc-url … --lanes 4
--   psql --single-transaction -v ON_ERROR_STOP=1 -f partitions.sql DATABASE
--
-- A table that holds verdicts is locked while its keys are built anew.

ALTER TABLE turnstile.verdict RENAME TO verdict_rest;

-- A key of a partitioned table has to hold what divides it. An input has one received_at, whoever
-- reads it and how often, so a second verdict is refused as before.
ALTER TABLE turnstile.verdict_rest
  DROP CONSTRAINT verdict_number,
  DROP CONSTRAINT verdict_source,
  ADD CONSTRAINT verdict_number_rest PRIMARY KEY (lane, lane_seq, received_at),
  ADD CONSTRAINT verdict_source_rest
    UNIQUE (source_topic, source_partition, source_offset, received_at);

CREATE TABLE turnstile.verdict (
  LIKE turnstile.verdict_rest,
  CONSTRAINT verdict_number PRIMARY KEY (lane, lane_seq, received_at),
  CONSTRAINT verdict_source UNIQUE (source_topic, source_partition, source_offset, received_at)
) PARTITION BY RANGE (received_at);

-- What no other partition takes: inputs of days that have none.
ALTER TABLE turnstile.verdict ATTACH PARTITION turnstile.verdict_rest DEFAULT;

GRANT SELECT ON turnstile.verdict TO turnstile_writer, turnstile_reader;
GRANT INSERT ON turnstile.verdict TO turnstile_writer;
