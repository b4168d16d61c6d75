package io.turnstile.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class LaboratoryTest {

  @Test
  void everyCommandHasHelp() {
    for (List<String> command : commands(Laboratory.commandLine(), List.of())) {
      List<String> args = new ArrayList<>(command);
      args.add("--help");
      Run run = Run.of(args.toArray(String[]::new));
      assertThat(run.exitCode()).as(command.toString()).isZero();
      assertThat(run.out()).contains("Usage: turnstile " + String.join(" ", command));
      assertThat(run.err()).isEmpty();
    }
  }

  /** They are added by a model transformer, which is easily left out. */
  @Test
  void sharesOfTheGeneratorAreOptions() {
    assertThat(Run.of("simulate", "generate", "--help").out())
        .contains("--duplicates=SHARE", "--late-product=SHARE");
  }

  @Test
  void theCommandsAreThoseOfTheManual() {
    assertThat(Laboratory.commandLine().getSubcommands().keySet())
        .containsExactlyInAnyOrder(
            "up",
            "demo",
            "simulate",
            "audit",
            "check",
            "watch",
            "verdicts",
            "bench",
            "topics",
            "database",
            "redrive",
            "gateway",
            "feeds",
            "savepoint",
            "upgrade",
            "keys",
            "completion");
  }

  @Test
  void wrongUsageIsOneLineAndExitCode2() {
    for (String[] args :
        new String[][] {
          {},
          {"dmeo"},
          {"demo", "--frobnicate"},
          {"demo", "--duration", "60"},
          {"demo", "--duration", "-5s"},
          {"demo", "--rate", "many"},
          {"demo", "--rate", "0"},
          {"demo", "--rate", "NaN"},
          {"demo", "--commit", "sometimes"},
          {"demo", "--replay", "no-such-file.csv"},
          {"demo", "--replay", "no-such-file.csv", "--duration", "5s"},
          {"up", "--kafka-port", "x"},
          {"up", "--lanes", "0"},
          {"demo", "--lanes", "0"},
          {"demo", "--charset", "UTF-8"},
          {"simulate", "generate"},
          {"simulate"},
        }) {
      Run run = Run.of(args);
      assertThat(run.exitCode()).as(String.join(" ", args) + run.err()).isEqualTo(2);
      assertThat(run.err().strip()).isNotEmpty().doesNotContain("\n");
      assertThat(run.out()).isEmpty();
    }
  }

  @Test
  void errorNamesTheOptionAndTheHelp() {
    assertThat(Run.of("demo", "--duration", "60").err())
        .isEqualToIgnoringNewLines(
            "turnstile demo: Invalid value for option '--duration': '60' is not a duration; write a"
                + " number and ms, s, m or min, h or d, as in 60s; see turnstile demo --help");
  }

  @Test
  void completionKnowsEveryCommand() {
    Run run = Run.of("completion");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).startsWith("#!").contains("complete ").contains("--bootstrap-servers");
    for (String command : Laboratory.commandLine().getSubcommands().keySet()) {
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
