package io.turnstile.simulator;

import io.turnstile.clients.CommittedVerdicts;
import io.turnstile.events.TopicNames;
import java.io.IOException;
import java.util.Collection;
import org.apache.kafka.clients.producer.Producer;

/** The source of a {@link Simulation}'s clients. */
interface KafkaClients {

  TopicNames topics();

  /**
   * Fails unless the brokers answer, the topics exist and all their partitions can be written to.
   *
   * @throws IOException with one line that says which is not so
   * @throws IllegalArgumentException if a client property is wrong
   */
  void requireTopics(Collection<String> names) throws IOException, InterruptedException;

  /** An idempotent producer, to be closed by the caller. */
  Producer<String, byte[]> newProducer();

  /** A reader of the verdicts that belong into these topics, to be closed by the caller. */
  CommittedVerdicts<byte[]> verdicts(Collection<String> verdictTopics);
}
