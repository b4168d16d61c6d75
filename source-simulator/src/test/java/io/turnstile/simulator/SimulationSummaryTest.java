package io.turnstile.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SimulationSummaryTest {

  @Test
  void isWrittenAsJson(@TempDir Path directory) throws IOException {
    SimulationSummary summary =
        new SimulationSummary(
            10,
            9,
            4.5,
            new TreeMap<>(Map.of("ORDINARY", 8L, "EXPIRED", 2L)),
            new TreeMap<>(Map.of("ACCEPTED", 10L)),
            new TreeMap<>(),
            3,
            1,
            null);
    Path file = directory.resolve("summary.json");
    summary.write(file);
    assertThat(file)
        .hasContent(
            """
            {
              "sent" : 10,
              "acknowledged" : 9,
              "seconds" : 4.5,
              "rate_per_s" : 2.0,
              "sent_by_kind" : {
                "EXPIRED" : 2,
                "ORDINARY" : 8
              },
              "expected" : {
                "ACCEPTED" : 10
              },
              "reference_by_kind" : { },
              "unanswered" : 3,
              "failures" : 1,
              "first_failure" : null
            }""");
    new SimulationSummary(
            0, 0, 0, new TreeMap<>(), new TreeMap<>(), new TreeMap<>(), 0, 0, "late \"broker\"")
        .write(file);
    assertThat(file).content().contains("\"first_failure\" : \"late \\\"broker\\\"\"");
  }
}
