package io.turnstile.cli;

import io.turnstile.clients.Generation;
import java.util.Map;

/** Who owns the lanes of a job. */
interface LaneOwners extends AutoCloseable {

  /**
   * The owners by lane, as of now; lanes that no generation has owned are missing.
   *
   * @throws org.apache.kafka.common.KafkaException if they cannot be read
   */
  Map<Integer, Generation> read();

  /**
   * How many lanes there are.
   *
   * @throws io.turnstile.clients.CheckFailedException if that cannot be found out
   */
  int lanes();

  @Override
  void close();
}
