package io.turnstile.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class TurnstileTest {

  @Test
  void everyCommandHasHelp() {
    for (List<String> command : commands(Turnstile.commandLine(), List.of())) {
      List<String> args = new ArrayList<>(command);
      args.add("--help");
      Run run = Run.of(args.toArray(String[]::new));
      assertThat(run.exitCode()).as(command.toString()).isZero();
      assertThat(run.out()).contains("Usage: turnstile " + String.join(" ", command));
      assertThat(run.err()).isEmpty();
    }
  }

  @Test
  void theCommandsAreThoseOfTheManual() {
    assertThat(Turnstile.commandLine().getSubcommands().keySet())
        .containsExactlyInAnyOrder(
            "audit",
            "check",
            "watch",
            "verdicts",
            "topics",
            "database",
            "savepoint",
            "upgrade",
            "redrive",
            "gateway",
            "feeds",
            "keys",
            "completion");
  }

  @Test
  void wrongUsageIsOneLineAndExitCode2() {
    for (String[] args :
        new String[][] {
          {},
          {"chekc"},
          {"check", "--frobnicate"},
          {"audit", "--bootstrap-servers", "a:1", "--wait", "60"},
          {"check"},
          {"check", "--bootstrap-servers", "a:1"},
          {"check", "--bootstrap-servers", "a:1", "--flink", "a:1"},
          {"check", "--bootstrap-servers", "a:1", "--flink", "a"},
          {"topics"},
          {"topics", "--bootstrap-servers", "a:1", "--lanes", "0"},
          {"topics", "--bootstrap-servers", "a:1", "--verdict-config", "retention.ms"},
          {"database"},
          {"database", "check"},
          {"database", "create", "--jdbc-url", "jdbc:other:a"},
          {"database", "create", "--lanes", "0"},
          {"database", "retain", "--flink", "http://a:1", "--older-than", "1h"},
          {"database", "retain", "--flink", "http://a:1", "--older-than", "1h", "--ahead", "-1"},
          {"savepoint", "--job", "a"},
          {"savepoint", "--flink", "a:1", "--job", "a"},
          {"upgrade", "--flink", "http://a:1", "--bootstrap-servers", "a:1"},
          {"upgrade", "--flink", "http://a:1", "--bootstrap-servers", "a:1", "--jar", "f"},
          {
            "upgrade",
            "--flink",
            "http://a:1",
            "--bootstrap-servers",
            "a:1",
            "--jar",
            "f",
            "--",
            "--generation",
            "2"
          },
          {"watch", "--bootstrap-servers", "a:1", "--flink", "a:1"},
          {"watch", "--bootstrap-servers", "a:1", "--flink", "http://a:1", "--interval", "0s"},
          {"audit"},
          {"gateway", "--bootstrap-servers", "a:1"},
          {"gateway", "--bootstrap-servers", "a:1", "--jwks", "f", "--listen", "8080"},
          {"gateway", "--bootstrap-servers", "a:1", "--jwks", "f", "--tls-key", "f"},
          {"gateway", "--bootstrap-servers", "a:1", "--jwks", "f", "--answer-timeout", "5s"},
          {"gateway", "--bootstrap-servers", "a:1", "--jwks", "f", "--customer-rate", "0"},
          {"feeds"},
          {"feeds", "run", "--bootstrap-servers", "a:1"},
          {"feeds", "run", "f"},
          {"feeds", "run", "f", "--bootstrap-servers", "a:1", "--listen", "8081"},
          {"feeds", "run", "f", "--bootstrap-servers", "a:1", "--take-over", "0s"},
          {"feeds", "check"},
          {"feeds", "status"},
          {"feeds", "sync", "--bootstrap-servers", "a:1"},
          {"redrive", "--bootstrap-servers", "a:1"},
          {"redrive", "--bootstrap-servers", "a:1", "--from", "accepted"},
          {"redrive", "--bootstrap-servers", "a:1", "--from", "rejected", "--rate", "0"},
          {"redrive", "--bootstrap-servers", "a:1", "--from", "rejected", "--reason", "TOO_LARGE"},
          {"redrive", "--bootstrap-servers", "a:1", "--from", "rejected", "--since", "later"},
        }) {
      Run run = Run.of(args);
      assertThat(run.exitCode()).as(String.join(" ", args) + run.err()).isEqualTo(2);
      assertThat(run.err().strip()).isNotEmpty().doesNotContain("\n");
      assertThat(run.out()).isEmpty();
    }
  }

  @Test
  void topicsWaitsForABrokerWhoseNameDoesNotResolveYet() {
    long start = System.nanoTime();
    Run run = Run.of("topics", "--bootstrap-servers", "nowhere.invalid:9092", "--timeout", "2s");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("No resolvable bootstrap urls");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofSeconds(2));
  }

  @Test
  void errorNamesTheOptionAndTheHelp() {
    assertThat(Run.of("audit", "--bootstrap-servers", "a:1", "--wait", "60").err())
        .isEqualToIgnoringNewLines(
            "turnstile audit: Invalid value for option '--wait': '60' is not a duration; write a"
                + " number and ms, s, m or min, h or d, as in 60s; see turnstile audit --help");
  }

  @Test
  void failureIsOneLineAndExitCode1() {
    Run run =
        Run.of(
            "check",
            "--bootstrap-servers",
            "localhost:1",
            "--flink",
            "http://localhost:1",
            "--signing-key",
            "no-such-file");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).startsWith("turnstile check: ").contains("no-such-file");
    assertThat(run.err().strip()).doesNotContain("\n");
  }

  @Test
  void versionIsPrinted() {
    Run run = Run.of("--version");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).startsWith("turnstile ");
  }

  @Test
  void completionKnowsEveryCommand() {
    Run run = Run.of("completion");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).startsWith("#!").contains("complete ").contains("--bootstrap-servers");
    for (String command : Turnstile.commandLine().getSubcommands().keySet()) {
      assertThat(run.out()).contains("_picocli_turnstile_" + command);
    }
  }

  private static List<List<String>> commands(CommandLine commandLine, List<String> path) {
    List<List<String>> all = new ArrayList<>();
    all.add(path);
    commandLine
        .getSubcommands()
        .forEach(
            (name, subcommand) -> {
              List<String> longer = new ArrayList<>(path);
              longer.add(name);
              all.addAll(commands(subcommand, longer));
            });
    return all;
  }
}
