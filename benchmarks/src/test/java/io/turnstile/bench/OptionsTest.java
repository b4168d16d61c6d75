package io.turnstile.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.cli.Turnstile;
import io.turnstile.clients.OptionSources;
import io.turnstile.testbed.OptionCheck;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.CommandSpec;

/** Every option of every command, the product's and the laboratory's. */
class OptionsTest {

  private final Locale before = Locale.getDefault();

  @TempDir private Path directory;

  @AfterEach
  void restoreLocale() {
    Locale.setDefault(before);
  }

  @Test
  void argumentVariableAndPropertyMeanTheSame() throws Exception {
    Locale.setDefault(Locale.US);
    assertThat(new OptionCheck(Laboratory.commandLine(), "", directory).problems()).isEmpty();
  }

  /** Of them, some write i in another way, some digits, some fractions. */
  @ParameterizedTest
  @ValueSource(strings = {"tr-TR", "ar-EG-u-nu-arab", "hi-IN-u-nu-deva", "de-DE"})
  void theyDoSoInEveryLocale(String locale) throws Exception {
    Locale.setDefault(Locale.forLanguageTag(locale));
    assertThat(new OptionCheck(Laboratory.commandLine(), "", directory).problemsOfPlainValues())
        .isEmpty();
  }

  private record Result(int exitCode, String out, String err) {}

  private static Result run(Map<String, String> environment, String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine commandLine =
        Laboratory.commandLine()
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
    return new Result(
        Turnstile.run(commandLine, arguments, environment), out.toString(), err.toString());
  }

  @Test
  void optionThatThereIsNotIsRefusedInAFile() throws Exception {
    Path file = Files.writeString(directory.resolve("options"), "bootstrap-server=a:1\nlanes=3\n");
    Result result = run(Map.of(), "topics", "--options", file.toString());
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).contains("[bootstrap-server]").contains("turnstile");
  }

  /** The job refuses what it does not know of its section, and so does each command. */
  @Test
  void fileOfTheJobServesTheCommandsToo() throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("options"),
            """
            bootstrap-servers=a:1
            job.commit-interval=20ms
            job.no-option=1
            watch.duration=5m
            """);
    CommandLine commandLine = Laboratory.commandLine();
    String[] arguments =
        OptionSources.connect(commandLine, new String[] {"topics", "--options=" + file}, Map.of());
    CommandSpec topics = commandLine.parseArgs(arguments).subcommand().commandSpec();
    assertThat(topics.findOption("--bootstrap-servers").<String>getValue()).isEqualTo("a:1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"commit-interval", "jobs.lanes", "topics.commit-interval", "watch", ".job"})
  void nameThatMayBeMisspeltIsRefusedInAFile(String name) throws Exception {
    Path file = Files.writeString(directory.resolve("options"), name + "=1\n");
    Result result = run(Map.of(), "topics", "--options", file.toString());
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).contains("[" + name + "]; what is for the job alone is job.NAME");
  }

  @Test
  void everyCommandHasItsSectionInAFile() {
    Set<String> sections = new HashSet<>(Laboratory.commandLine().getSubcommands().keySet());
    sections.add(OptionSources.JOB);
    assertThat(OptionSources.SECTIONS).isEqualTo(sections);
  }

  /** The image has no commands of the laboratory. */
  @Test
  void fileOfTheLaboratoryServesTheProductToo() throws Exception {
    Path file =
        Files.writeString(directory.resolve("options"), "simulate.generate.rate=5\nbench.x=1\n");
    String[] arguments = {"topics", "--options=" + file};
    assertThat(OptionSources.connect(Turnstile.commandLine(), arguments, Map.of()))
        .isEqualTo(arguments);
    assertThatThrownBy(() -> OptionSources.connect(Laboratory.commandLine(), arguments, Map.of()))
        .hasMessageContaining("[bench.x]");
  }

  @Test
  void fileThatCannotBeReadIsWrongUsage() {
    Result result = run(Map.of("TURNSTILE_OPTIONS", "no/such file"), "topics");
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err().strip()).contains("no/such file").doesNotContain("\n");
  }

  @Test
  void valueFromTheEnvironmentIsJudgedLikeAnArgument() {
    Result result = run(Map.of("TURNSTILE_WAIT", "60"), "audit", "--bootstrap-servers", "a:1");
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).contains("'--wait': '60' is not a duration");
  }

  /** As a container's list of variables keeps them: no token would have that issuer. */
  @Test
  void quotationMarksAreNamedAndTheValueIsNotRepeated() {
    Result result =
        run(
            Map.of("TURNSTILE_TOKEN_ISSUER", "\"https://idp\""),
            "check",
            "--bootstrap-servers=a:1");
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err())
        .contains("--token-issuer, from TURNSTILE_TOKEN_ISSUER or the file of --options, has quot")
        .doesNotContain("https://idp");
  }

  /** Whoever has the brokers in the environment does not want a benchmark's load on them. */
  @Test
  void benchmarkBecomesOneOfADeploymentByAnArgumentOnly() {
    CommandLine commandLine = Laboratory.commandLine();
    String[] arguments =
        OptionSources.connect(
            commandLine,
            new String[] {"bench", "run", "steady-10k"},
            Map.of("TURNSTILE_BOOTSTRAP_SERVERS", "a:1", "TURNSTILE_TOPIC_PREFIX", "shop."));
    CommandSpec run = commandLine.parseArgs(arguments).subcommand().subcommand().commandSpec();
    ArgGroupSpec deployment = run.findOption("--bootstrap-servers").group();
    assertThat(run.commandLine().getParseResult().findMatches(deployment)).isEmpty();
    assertThat(run.findOption("--bootstrap-servers").<String>getValue()).isNull();
  }

  @Test
  void numbersAreWrittenForPrograms() {
    Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
    Result result = run(Map.of(), "topics", "--bootstrap-servers", "a:1", "--lanes", "0");
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(Locale.getDefault()).isEqualTo(Locale.ROOT);
    assertThat("%d %,.1f".formatted(1234, 1234.5)).isEqualTo("1234 1,234.5");
  }
}
