package io.turnstile.systemtests.harness;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.turnstile.cli.Turnstile;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;

/** The command {@code redrive}. */
public final class Redrive {

  private static final ObjectMapper JSON = new ObjectMapper();

  private Redrive() {}

  /**
   * Runs it, and returns what it has written.
   *
   * @param from {@code rejected} or {@code dead-letter}
   * @param directory for that
   */
  public static JsonNode run(Deployment turnstile, Path directory, String from, String... more)
      throws IOException {
    Path out = directory.resolve("redrive.json");
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "redrive",
                "--bootstrap-servers",
                turnstile.testbed().bootstrapServers(),
                "--topic-prefix",
                turnstile.prefix(),
                "--from",
                from,
                "--out",
                out.toString()));
    arguments.addAll(turnstile.databaseOptions());
    arguments.addAll(List.of(more));
    StringWriter printed = new StringWriter();
    CommandLine command = Turnstile.commandLine();
    command.setOut(new PrintWriter(printed));
    command.setErr(new PrintWriter(printed));
    int exitCode = command.execute(arguments.toArray(String[]::new));
    assertThat(exitCode).as(printed.toString()).isZero();
    return JSON.readTree(out.toFile());
  }
}
