package io.turnstile.job.commit.journal;

import io.turnstile.testbed.LeakCheck;
import io.turnstile.testbed.process.PostgresqlServer;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A PostgreSQL for one test class. It never outlives the class: the classes after it in the same
 * JVM check that no process is left.
 */
public final class PostgresqlExtension implements BeforeAllCallback, AfterAllCallback {

  /** Of the journals in it. */
  public static final int LANES = LaneContract.LANES;

  private PostgresqlServer server;

  public PostgresqlServer server() {
    return server;
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    server = PostgresqlServer.start(Path.of("target", "postgresql"), LANES, Map.of());
  }

  @Override
  public void afterAll(ExtensionContext context) {
    // Missing when it could not start.
    if (server != null) {
      server.close();
    }
    LeakCheck.assertNothingLeft();
  }
}
