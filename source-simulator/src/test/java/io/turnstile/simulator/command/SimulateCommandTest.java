package io.turnstile.simulator.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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
  @ValueSource(
      strings = {"generate", "replay", "inventory", "customers", "references", "hostile", "keys"})
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

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "01/12/2010 | NAME | --rate=0 | give --date-format M/d/yyyy or --date-format d/M/yyyy",
        "2010-12-01 | CAFÉ | --rate=0 | with --charset",
        "01/12/2010 | NAME | --date-format=d.M.f | is not a pattern like d/M/yyyy",
        "2010-12-01 | NAME | --charset=utf-9 | Invalid value for option '--charset'",
        "2010-12-01 | NAME | --decimal-separator=x | --decimal-separator is '.' or ','"
      })
  void fileThatLeavesItsLayoutOpenIsWrongUsage(
      String date, String name, String option, String complaint) throws IOException {
    assertThat(replay(date, name, option)).isEqualTo(2);
    assertThat(err.toString().lines().findFirst().orElseThrow()).contains(complaint);
  }

  @Test
  void optionsThatAnswerItAreTaken() throws IOException {
    assertThat(replay("01/12/2010", "CAFÉ", "--date-format=d/M/yyyy", "--charset=ISO-8859-1"))
        .isEqualTo(1);
    assertThat(err.toString()).isEqualTo("no Kafka broker answers at 127.0.0.1:1\n");
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
  void urlOfNoDatabaseIsWrongUsage() {
    assertThat(generate("--jdbc-url", "postgresql://db/shop")).isEqualTo(2);
    assertThat(err.toString()).contains("--jdbc-url must be jdbc:postgresql:");
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

  private int replay(String date, String name, String... options) throws IOException {
    Path file = dir.resolve("rows.csv");
    Files.writeString(
        file,
        """
        InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
        1,A,%s,1,%s,1,17850,UK
        """
            .formatted(name, date),
        StandardCharsets.ISO_8859_1);
    return run(Stream.concat(Stream.of("replay", file.toString()), Stream.of(options)).toList());
  }

  private int generate(String... arguments) {
    return run(Stream.concat(Stream.of("generate"), Stream.of(arguments)).toList());
  }

  private int run(List<String> arguments) {
    String[] fixed = {
      "--bootstrap-servers",
      NOBODY,
      "--client-properties",
      impatient,
      "--signing-key",
      key,
      "--quiet"
    };
    return execute(Stream.concat(arguments.stream(), Stream.of(fixed)).toArray(String[]::new));
  }

  private int execute(String... arguments) {
    return new CommandLine(new SimulateCommand())
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(arguments);
  }
}
