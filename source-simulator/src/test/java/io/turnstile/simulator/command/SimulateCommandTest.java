package io.turnstile.simulator.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class SimulateCommandTest {

  /** Nobody listens on this port. */
  private static final String NOBODY = "127.0.0.1:1";

  @TempDir private Path dir;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private String key;
  private String impatient;

  @BeforeEach
  void setUp() throws IOException {
    key = dir.resolve("key.json").toString();
    assertThat(execute("keys", "--signing-key", key, "--jwks", dir.resolve("jwks.json").toString()))
        .isZero();
    Path properties = dir.resolve("client.properties");
    Files.writeString(properties, "default.api.timeout.ms=200\nrequest.timeout.ms=100\n");
    impatient = properties.toString();
  }

  @ParameterizedTest
  @ValueSource(strings = {"generate", "replay", "inventory", "customers", "keys"})
  void everyCommandHasHelp(String command) {
    assertThat(execute(command, "--help")).isZero();
    assertThat(out.toString()).contains("Usage:", command);
  }

  @Test
  void helpShowsSharesWithTheirDefaults() {
    execute("generate", "--help");

    assertThat(out.toString()).contains("--duplicates=SHARE", "default: 0.02", "--too-large=SHARE");
  }

  @Test
  void shareOutOfBoundsIsWrongUsage() {
    assertThat(generate("--duplicates", "1.5")).isEqualTo(2);
    assertThat(err.toString()).startsWith("the share of DUPLICATE is from 0 to 1, not 1.5");
  }

  @Test
  void sharesThatLeaveNoRoomAreWrongUsage() {
    assertThat(generate("--duplicates", "0.9")).isEqualTo(2);
    assertThat(err.toString()).startsWith("the shares add up to more than all transactions");
  }

  @Test
  void missingSigningKeyIsWrongUsage() {
    key = dir.resolve("nowhere.json").toString();

    assertThat(generate()).isEqualTo(2);
    assertThat(err.toString()).startsWith("no such file or directory: ").contains("nowhere.json");
  }

  @Test
  void missingFileToReplayIsWrongUsage() {
    assertThat(
            execute("replay", "nowhere.csv", "--bootstrap-servers", NOBODY, "--signing-key", key))
        .isEqualTo(2);
    assertThat(err.toString()).startsWith("no such file or directory: nowhere.csv");
  }

  @Test
  void missingBootstrapServersAreWrongUsage() {
    assertThat(execute("inventory")).isEqualTo(2);
    assertThat(err.toString()).contains("--bootstrap-servers");
  }

  @Test
  void existingKeyIsWrongUsage() {
    assertThat(execute("keys", "--signing-key", key, "--jwks", dir.resolve("new").toString()))
        .isEqualTo(2);
    assertThat(err.toString()).contains("key.json exists already and is left as it is");
  }

  @Test
  void summaryThatCouldNotBeWrittenIsWrongUsage() {
    assertThat(generate("--out", dir.resolve("nowhere/summary.json").toString())).isEqualTo(2);
    assertThat(err.toString()).startsWith("no such file or directory: ").contains("nowhere");
  }

  @Test
  void badClientPropertyIsWrongUsage() throws IOException {
    Files.writeString(Path.of(impatient), "request.timeout.ms=soon\n");

    assertThat(generate()).isEqualTo(2);
    assertThat(err.toString()).contains("request.timeout.ms");
  }

  @Test
  void brokerThatDoesNotAnswerFailsWithOneLine() {
    assertThat(generate()).isEqualTo(1);
    assertThat(err.toString()).isEqualTo("no Kafka broker answers at 127.0.0.1:1\n");
  }

  @Test
  void durationThatIsNoneIsWrongUsage() {
    assertThat(generate("--duration", "PT5S")).isEqualTo(2);
    assertThat(err.toString()).contains("'PT5S' is not a duration").contains("as in 60s");
  }

  private int generate(String... arguments) {
    String[] fixed = {
      "generate",
      "--bootstrap-servers",
      NOBODY,
      "--client-properties",
      impatient,
      "--signing-key",
      key,
      "--quiet"
    };
    String[] all = new String[fixed.length + arguments.length];
    System.arraycopy(fixed, 0, all, 0, fixed.length);
    System.arraycopy(arguments, 0, all, fixed.length, arguments.length);
    return execute(all);
  }

  private int execute(String... arguments) {
    return new CommandLine(new SimulateCommand())
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(arguments);
  }
}
