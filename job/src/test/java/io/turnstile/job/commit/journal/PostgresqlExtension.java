package io.turnstile.job.commit.journal;

import io.turnstile.testbed.process.PostgresqlServer;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/** One PostgreSQL for all test classes that ask for it; it ends with the last of them. */
public final class PostgresqlExtension implements BeforeAllCallback {

  /** Of the journals in it. */
  public static final int LANES = LaneContract.LANES;

  private PostgresqlServer server;

  public PostgresqlServer server() {
    return server;
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    server =
        context
            .getRoot()
            .getStore(Namespace.create(PostgresqlExtension.class))
            .computeIfAbsent(
                PostgresqlServer.class,
                key -> PostgresqlServer.start(Path.of("target", "postgresql"), LANES, Map.of()),
                PostgresqlServer.class);
  }
}
