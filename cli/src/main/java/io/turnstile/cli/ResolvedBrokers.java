package io.turnstile.cli;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;

/**
 * Waits for brokers whose names do not resolve yet, as in a cluster that is only starting. Kafka's
 * clients wait for everything else, but give up at once on names.
 */
final class ResolvedBrokers {

  /** Beginning of the message of {@code ClientUtils}, which has no type of its own for this. */
  private static final String UNRESOLVED = "No resolvable bootstrap urls";

  private ResolvedBrokers() {}

  /**
   * Creates a client as soon as a broker's name resolves.
   *
   * @throws KafkaException if none resolves in time, or what else the client throws
   */
  static <T> T await(Duration timeout, Supplier<T> client) throws InterruptedException {
    long start = System.nanoTime();
    while (true) {
      try {
        return client.get();
      } catch (KafkaException e) {
        if (!isUnresolved(e) || System.nanoTime() - start >= timeout.toNanos()) {
          throw e;
        }
      }
      TimeUnit.MILLISECONDS.sleep(Math.min(1_000, timeout.toMillis() / 4 + 1));
    }
  }

  private static boolean isUnresolved(KafkaException e) {
    return e.getCause() instanceof ConfigException cause
        && cause.getMessage() != null
        && cause.getMessage().startsWith(UNRESOLVED);
  }
}
