package io.turnstile.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestbedLifecycleTest {

  @TempDir private Path base;
  private final AtomicInteger ends = new AtomicInteger();

  private TestbedLifecycle lifecycle() {
    return new TestbedLifecycle(base, ends::incrementAndGet);
  }

  @Test
  void closingTwiceEndsOnceAndLeavesNothing() throws IOException {
    TestbedLifecycle lifecycle = lifecycle();
    Files.writeString(lifecycle.logs().resolve("broker.log"), "line");
    Files.createDirectories(lifecycle.directory().resolve("data/topic"));
    lifecycle.close();
    lifecycle.close();
    assertThat(ends).hasValue(1);
    assertThat(lifecycle.isClosed()).isTrue();
    assertThat(base).isEmptyDirectory();
  }

  @Test
  void keptLogsAreAllThatStays() throws IOException {
    TestbedLifecycle lifecycle = lifecycle();
    Path log = Files.writeString(lifecycle.logs().resolve("broker.log"), "line");
    Files.writeString(lifecycle.files().resolve("keys"), "secret");
    lifecycle.keepLogs();
    lifecycle.close();
    assertThat(lifecycle.directory()).isDirectoryNotContaining(path -> !path.endsWith("logs"));
    assertThat(log).hasContent("line");
  }

  @Test
  void failedStartKeepsTheLogsAndTellsItsCause() {
    TestbedLifecycle lifecycle = lifecycle();
    TestbedException own = new TestbedException("no broker");
    assertThatThrownBy(
            () ->
                lifecycle.start(
                    () -> {
                      throw new CompletionException(own);
                    }))
        .isSameAs(own);
    lifecycle.close();
    assertThat(lifecycle.logs()).isDirectory();
  }

  @Test
  void failureOfAnotherKindIsWrapped() {
    try (TestbedLifecycle lifecycle = lifecycle()) {
      assertThatThrownBy(
              () ->
                  lifecycle.start(
                      () -> {
                        throw new IllegalStateException("broken");
                      }))
          .isInstanceOf(TestbedException.class)
          .hasMessage("the testbed did not start: java.lang.IllegalStateException: broken");
    }
  }

  @Test
  void secondStartIsRefused() {
    try (TestbedLifecycle lifecycle = lifecycle()) {
      lifecycle.start(() -> {});
      assertThatThrownBy(() -> lifecycle.start(() -> {}))
          .isInstanceOf(TestbedException.class)
          .hasMessage("the testbed was started already");
    }
  }
}
