package io.turnstile.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.clients.OptionSources;
import io.turnstile.clients.SinceConverter;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.TypeConversionException;

class AuditCommandTest {

  private final StringWriter stdout = new StringWriter();
  private final StringWriter stderr = new StringWriter();

  private int run(String... arguments) {
    return new CommandLine(new AuditCommand())
        .setOut(new PrintWriter(stdout, true))
        .setErr(new PrintWriter(stderr, true))
        .execute(arguments);
  }

  @Test
  void helpNamesEveryOptionAndExitCode() {
    assertThat(run("--help")).isZero();
    assertThat(stdout.toString())
        .contains(
            "--bootstrap-servers",
            "--client-properties",
            "--topic-prefix",
            "--ledger",
            "--wait",
            "--since",
            "--dedup-window",
            "--out",
            "Exit codes");
  }

  @Test
  void bootstrapServersAreRequired() {
    assertThat(run()).isEqualTo(2);
    assertThat(stderr.toString()).contains("--bootstrap-servers");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--wait=soon",
        "--wait=9999999d",
        "--dedup-window=0s",
        "--since=yesterday",
        "--ledger=no/such/file",
        "--client-properties=no/such/file",
        "--out=no/such/directory/audit.json"
      })
  void whatIsWrongIsNamedBeforeAnythingIsRead(String option) {
    assertThat(run("--bootstrap-servers", "unused.invalid:1", option)).isEqualTo(2);
    String name = option.substring(0, option.indexOf('='));
    assertThat(stderr.toString().lines().findFirst().orElseThrow())
        .containsPattern(name + "|" + name.substring(2).replace('-', ' '));
  }

  @Test
  void whatNarrowsTheProofIsSaidFirstAndWhereItCameFrom() {
    String time = "2026-01-31T12:00:00Z";
    run("--bootstrap-servers", "nowhere", "--since", time);
    assertThat(stderr.toString().lines())
        .first()
        .isEqualTo("audit: only inputs since " + time + ", as set by the argument --since");
  }

  @Test
  void sinceOfTheEnvironmentIsSaidToBe() {
    String time = "2026-01-31T12:00:00Z";
    CommandLine command =
        new CommandLine(new AuditCommand())
            .setOut(new PrintWriter(stdout, true))
            .setErr(new PrintWriter(stderr, true));
    command.execute(
        OptionSources.connect(
            command,
            new String[] {"--bootstrap-servers", "nowhere"},
            Map.of("TURNSTILE_SINCE", time)));
    assertThat(stderr.toString().lines())
        .first()
        .isEqualTo(
            "audit: only inputs since "
                + time
                + ", as set by TURNSTILE_SINCE or the file of --options");
  }

  @Test
  void aLedgerThatIsNoneIsNamed(@TempDir Path directory) throws Exception {
    Path ledger = Files.writeString(directory.resolve("ledger.csv"), "what?\n");
    assertThat(run("--bootstrap-servers", "unused.invalid:1", "--ledger", ledger.toString()))
        .isEqualTo(2);
    assertThat(stderr.toString()).contains("line 1").hasLineCount(1);
  }

  @Test
  void bootstrapServersThatAreNoneAreNamed() {
    assertThat(run("--bootstrap-servers", "nowhere")).isEqualTo(2);
    assertThat(stderr.toString()).contains("nowhere").hasLineCount(1);
  }

  @Test
  void sinceIsATimeOrADurationBeforeNow() {
    SinceConverter since = new SinceConverter();
    assertThat(since.convert("2026-01-31T12:00:00Z"))
        .isEqualTo(Instant.parse("2026-01-31T12:00:00Z"));
    assertThat(since.convert("1700000000000")).isEqualTo(Instant.ofEpochMilli(1_700_000_000_000L));
    Instant before = Instant.now();
    assertThat(since.convert("90m"))
        .isBetween(
            before.minus(90, ChronoUnit.MINUTES), Instant.now().minus(90, ChronoUnit.MINUTES));
    assertThatThrownBy(() -> since.convert("then")).isInstanceOf(TypeConversionException.class);
  }
}
