/**
 * The journal in PostgreSQL: a row for each verdict, and a row for each lane that says who may add
 * to it. {@link io.turnstile.job.commit.journal.postgresql.PostgresqlJournal} is the store, {@code
 * PostgresqlLane} one lane of it; {@code LaneTable} has the statements, {@code SqlFailures} says
 * what their failures mean.
 */
package io.turnstile.job.commit.journal.postgresql;
