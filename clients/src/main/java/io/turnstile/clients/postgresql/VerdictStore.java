package io.turnstile.clients.postgresql;

import io.turnstile.clients.CommittedVerdicts;
import io.turnstile.events.TopicNames;
import java.util.Collection;
import java.util.Map;

/** Where a deployment's verdicts are: in PostgreSQL or in Kafka. */
public final class VerdictStore {

  private VerdictStore() {}

  /**
   * A reader of them. Asks nothing yet.
   *
   * @param database null if they are in Kafka
   * @param client Kafka client configuration, the brokers among it
   * @param wanted which of the verdict topics
   */
  public static CommittedVerdicts<byte[]> reader(
      PostgresqlSource database,
      Map<String, Object> client,
      TopicNames names,
      Collection<String> wanted) {
    return database == null
        ? new CommittedVerdicts<>(CommittedVerdicts.consumer(client), wanted)
        : new CommittedVerdicts<>(new TableVerdicts<>(database, names, wanted, bytes -> bytes));
  }
}
