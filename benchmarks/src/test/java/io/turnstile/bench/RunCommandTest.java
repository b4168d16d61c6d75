package io.turnstile.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.clients.DurationConverter;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class RunCommandTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "nothing-like-it | no scenario 'nothing-like-it'",
        "steady-10k --engine none | no engine 'none'",
        "steady-10k --repeat 0 | --repeat",
        "steady-10k --rate -1 | --rate",
        "steady-10k --duration 5 | is not a duration",
        "steady-10k --duration 0s | --duration",
        "steady-10k --records 5 | no number of records",
        "burst --rate 5 | as fast as it can",
        "steady-10k --bootstrap-servers localhost:1 | --signing-key",
        "kill-taskmanager --bootstrap-servers localhost:1 --signing-key pom.xml | left alone",
        "steady-10k --profile --bootstrap-servers localhost:1 | left alone",
        "inventory-export --profile | no transactions",
        "saturation --bootstrap-servers localhost:1 --signing-key pom.xml | left alone"
      })
  void wrongUsageIsOneLineThatSaysWhat(String arguments, String message) {
    StringWriter err = new StringWriter();
    CommandLine commandLine = new CommandLine(new BenchCommand());
    commandLine.registerConverter(Duration.class, new DurationConverter());
    commandLine.setErr(new PrintWriter(err));
    commandLine.setParameterExceptionHandler(
        (e, args) -> {
          err.write(e.getMessage());
          return CommandLine.ExitCode.USAGE;
        });
    List<String> all = new ArrayList<>(List.of("run"));
    all.addAll(List.of(arguments.split(" ", -1)));

    int exitCode = commandLine.execute(all.toArray(String[]::new));

    assertThat(exitCode).isEqualTo(CommandLine.ExitCode.USAGE);
    assertThat(err.toString()).contains(message).doesNotContain("\n");
  }
}
