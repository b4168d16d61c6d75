package io.turnstile.bench.feeds;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.bench.feeds.FeedText.Target;
import io.turnstile.bench.scenario.Scenario.Fault;
import io.turnstile.cli.Turnstile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FeedTextTest {

  @TempDir private Path directory;

  @Test
  void fileHasTwelveFeedsAndTheCommandAcceptsIt() throws Exception {
    String text =
        new FeedText(
                Map.of(Target.PRODUCTS, 1, Target.CUSTOMERS, 2, Target.TARIFFS, 3),
                "host:9092",
                "jdbc:postgresql://host/db",
                "/data")
            .text();
    Path file = Files.writeString(directory.resolve("feeds.yaml"), text);
    String[] check = {"feeds", "check", file.toString()};
    assertThat(Turnstile.run(Turnstile.commandLine(), check, Map.of())).isZero();
    assertThat(text.lines().filter(line -> line.matches("  [a-z]+-[a-z]+:"))).hasSize(12);
    for (Fault fault : List.of(Fault.FEED_DOWN, Fault.FEED_SLOW, Fault.FEED_LYING)) {
      assertThat(text).contains("  " + FeedFleet.feedOf(fault) + ":");
    }
  }
}
