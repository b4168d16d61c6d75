/**
 * The audit: reads the topics of a deployment and checks the promise.
 *
 * <p>To read in this order:
 *
 * <ol>
 *   <li>{@link io.turnstile.audit.Audit}: the method, what it proves and what it cannot see; its
 *       {@link io.turnstile.audit.AuditConfig} and {@link io.turnstile.audit.AuditReport}; {@link
 *       io.turnstile.audit.AuditCommand} is its command line.
 *   <li>{@code AuditRun}: the steps of one audit, in order.
 *   <li>Reading: {@code CommittedLog} and its implementation {@code KafkaLog}, {@code
 *       PartitionReaders} for many partitions at once, {@code VerdictPartitions} for the position
 *       in each verdict partition.
 *   <li>Verdicts: {@code VerdictPass} reads all of them, each by {@code VerdictReader} into a
 *       {@code ReadVerdict} with a {@code Fingerprint}, and notes them in the {@code VerdictTable}s
 *       of the {@code InputRange}. Meanwhile {@code LaneSequences} (one {@code LaneSequence} a
 *       lane) find gaps, {@code LaneAcceptances} with an {@code AcceptanceWindow} find what was
 *       accepted twice.
 *   <li>Inputs: {@code InputPass} compares them with the tables, {@code RetentionHorizon} tells
 *       what may have been deleted, {@code Ledger} what the sender expects.
 *   <li>{@link io.turnstile.audit.Violation}s: {@code ViolationLocator} names what is wrong, and
 *       where, in a second reading.
 * </ol>
 */
package io.turnstile.audit;
