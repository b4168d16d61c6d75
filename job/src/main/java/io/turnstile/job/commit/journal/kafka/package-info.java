/**
 * The journal in Kafka's verdict topics. {@link io.turnstile.job.commit.journal.kafka.KafkaJournal}
 * is the store, {@link io.turnstile.job.commit.journal.kafka.KafkaLane} one lane of it; {@code
 * KafkaLaneProducer} writes, {@code KafkaLaneLog} reads.
 */
package io.turnstile.job.commit.journal.kafka;
