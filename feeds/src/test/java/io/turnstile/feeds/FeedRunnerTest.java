package io.turnstile.feeds;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.turnstile.events.TopicNames;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FeedRunnerTest {

  @TempDir private Path directory;

  /** A runner that only ended would leave a process that seems to live. */
  @Test
  void errorIsToldAndNotSwallowed() throws Exception {
    CompletableFuture<Throwable> broken = new CompletableFuture<>();
    OutOfMemoryError error = new OutOfMemoryError("of a test");
    try (FeedRunner runner =
        new FeedRunner(
            TestFeeds.products(directory, "http-pages: {url: 'http://localhost:1'}\n"),
            new RunSettings(
                Map.of(),
                TopicNames.withPrefix(""),
                "",
                "turnstile.feeds",
                null,
                Duration.ofSeconds(10),
                Duration.ofSeconds(10)),
            new SimpleMeterRegistry(),
            broken::complete,
            () -> {
              throw error;
            })) {
      runner.start();
      assertThat(broken.get(1, TimeUnit.MINUTES)).isSameAs(error);
    }
  }
}
