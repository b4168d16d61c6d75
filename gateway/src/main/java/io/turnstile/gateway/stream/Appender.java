package io.turnstile.gateway.stream;

import io.turnstile.events.SourcePosition;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Appends records to topics. Thread-safe. */
@FunctionalInterface
public interface Appender {

  /**
   * Appends a record. Never blocks.
   *
   * @return its position, once no failure of a single broker can lose it. If it fails with a {@link
   *     NotSentException}, the record is certain not to be there; after any other failure it may be
   *     there or not
   */
  CompletableFuture<SourcePosition> append(ProducerRecord<byte[], byte[]> record);
}
