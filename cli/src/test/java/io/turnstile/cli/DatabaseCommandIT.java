package io.turnstile.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.testbed.process.PostgresqlServer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The command against a real server. */
class DatabaseCommandIT {

  private static PostgresqlServer server;

  @BeforeAll
  static void startServer() {
    // Durable, as the check requires.
    server = PostgresqlServer.start(Path.of("target", "postgresql"), 4, Map.of("fsync", "on"));
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  private static Run run(String command, String database, String user, String... more) {
    String[] arguments = {
      "database", command, "--jdbc-url", server.url(database), "--jdbc-user", user
    };
    String[] all = Arrays.copyOf(arguments, arguments.length + more.length);
    System.arraycopy(more, 0, all, arguments.length, more.length);
    return Run.of(all);
  }

  @Test
  void createsTheTablesOnceAndTheJobsRoleFindsThemGood() throws Exception {
    String database = server.createDatabase();
    Run before = run("check", database, PostgresqlServer.JOB_USER);
    assertThat(before.exitCode()).isOne();
    assertThat(before.err()).contains("./turnstile database create");
    Run created = run("create", database, PostgresqlServer.SUPERUSER, "--lanes", "7");
    assertThat(created.exitCode()).as(created.err()).isZero();
    Run again = run("create", database, PostgresqlServer.SUPERUSER);
    assertThat(again.exitCode()).isOne();
    assertThat(again.err()).contains("already");
    Run check = run("check", database, PostgresqlServer.JOB_USER);
    assertThat(check.exitCode()).as(check.err()).isZero();
    assertThat(check.out()).contains("7 lanes");
  }

  @Test
  void onlyTheOwnerMayCreate() throws Exception {
    Run run = run("create", server.createDatabase(), PostgresqlServer.JOB_USER);
    assertThat(run.exitCode()).isOne();
    assertThat(run.err().strip()).contains("42501").doesNotContain("\n");
  }

  @Test
  void serverThatIsAwayIsOneLine() {
    Run run = Run.of("database", "check", "--jdbc-url", "jdbc:postgresql://localhost:1/none");
    assertThat(run.exitCode()).isOne();
    assertThat(run.err().strip()).contains("08001").doesNotContain("\n");
  }

  @Test
  void statementsMayBeRead() {
    Run run = Run.of("database", "create", "--print", "--lanes", "3");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).contains("CREATE TABLE turnstile.verdict").contains("VALUES (2, 3)");
  }
}
