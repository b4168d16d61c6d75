package io.turnstile.bench.result;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.bench.result.RunResult.FaultResult;
import io.turnstile.bench.result.RunResult.Objective;
import io.turnstile.clients.JsonFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultFileTest {

  @TempDir private Path directory;

  /** The names are frozen: a change here makes old results unreadable. */
  @Test
  void namesOfAllParts() throws IOException {
    String golden = resource("full.json");

    assertThat(JsonFiles.text(ResultFile.toTree(parse(golden)))).isEqualTo(golden.stripTrailing());
  }

  @Test
  void readsResultWithoutOptionalParts() throws IOException {
    RunResult result = parse(resource("design.json"));

    assertThat(result.passed()).isTrue();
    assertThat(result.environment().memoryGb()).isEqualTo(24);
    assertThat(result.load().offeredPerS()).isEqualTo(10_000);
    assertThat(result.throughput().series())
        .containsExactly(new Point(0, 9990), new Point(1, 10004));
    assertThat(result.latencyMs().committed().p999()).isEqualTo(70);
    assertThat(result.latencyMs().committed().percentiles()).isEmpty();
    assertThat(result.latencyMs().series())
        .containsExactly(new Latency.Interval(0, 11, 40, 90, null));
    assertThat(result.audit().rejected()).containsEntry("DUPLICATE_ID", 9990L);
    assertThat(result.audit().passed()).isTrue();
    assertThat(result.faults())
        .containsExactly(new FaultResult(20, "kill-taskmanager", 4.5, 9.0, null));
    assertThat(result.resources().get(0).gcPauseMaxMs()).isEqualTo(11);
    assertThat(result.objectives())
        .containsExactly(new Objective("committed p99", "< 100 ms", 40.0, true, false));
    assertThat(result.repeat()).isZero();
    assertThat(result.settings()).isEmpty();
    assertThat(result.leaks()).isNull();
    assertThat(result.steadyAfterS()).isNull();
    assertThat(result.resources().get(0).jitCoresMean()).isNull();
    assertThat(result.notes()).isEmpty();
  }

  @Test
  void ignoresWhatItDoesNotKnow() throws IOException {
    RunResult result =
        parse(
            """
            {"scenario": "a", "engine": "b", "later": {"x": 1},
             "throughput": {"mean_per_s": 1, "series": [[0, 1, 2]]}}
            """);

    assertThat(result.throughput().series()).containsExactly(new Point(0, 1));
  }

  @Test
  void readsAllBelowDirectoryThatItWrote() throws IOException {
    RunResult first = RunResult.builder("steady-10k", "turnstile").build();
    RunResult second = RunResult.builder("steady-10k", "turnstile").repeat(2).build();
    ResultFile.write(directory, second);
    Path file = ResultFile.write(directory, first);
    Files.writeString(directory.resolve("other.json"), "no result");

    assertThat(ResultFile.readAll(directory)).containsExactly(first, second);
    assertThat(ResultFile.readAll(file)).containsExactly(first);
  }

  @Test
  void namesTheFileThatIsNoResult() throws IOException {
    Path file = directory.resolve("result.json");

    for (String content : List.of("{", "[]", "{\"engine\": \"turnstile\"}")) {
      Files.writeString(file, content);
      assertThatThrownBy(() -> ResultFile.readAll(directory))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(file + " is no benchmark result");
    }
  }

  private RunResult parse(String json) throws IOException {
    return ResultFile.read(Files.writeString(directory.resolve("result.json"), json));
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = ResultFileTest.class.getResourceAsStream("/results/" + name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
