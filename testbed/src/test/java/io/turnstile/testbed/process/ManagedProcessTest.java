package io.turnstile.testbed.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.turnstile.testbed.LogFile;
import io.turnstile.testbed.TestbedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManagedProcessTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final List<String> IDLE = List.of("sleep", "600");

  @TempDir private Path directory;
  private ManagedProcess process;

  @BeforeEach
  void create() {
    process = new ManagedProcess("idler", new LogFile(directory.resolve("idler.log")));
  }

  @AfterEach
  void close() {
    process.close();
  }

  @Test
  void failedToolIsReportedWithExitCodeAndItsLastWords() {
    assertThatThrownBy(
            () ->
                process.run(
                    List.of("sh", "-c", "echo first; echo no space >&2; exit 3"), Map.of(), LONG))
        .isInstanceOf(TestbedException.class)
        .hasMessageStartingWith("idler failed with exit code 3; its log " + directory)
        .hasMessageEndingWith("first\nno space");
  }

  @Test
  void toolThatHangsIsKilled() {
    assertThatThrownBy(() -> process.run(IDLE, Map.of(), Duration.ofMillis(100)))
        .isInstanceOf(TestbedException.class)
        .hasMessageStartingWith("idler did not end");
    assertThat(process.isAlive()).isFalse();
  }

  @Test
  void waitingForReadinessEndsWithTheProcess() {
    process.start(List.of("sh", "-c", "echo bad option; exit 2"), Map.of());
    assertThatThrownBy(() -> process.awaitReady(LONG, () -> false))
        .isInstanceOf(TestbedException.class)
        .hasMessageStartingWith("idler ended with exit code 2")
        .hasMessageEndingWith("bad option");
  }

  @Test
  void pausedProcessIsStoppedUntilResumed() throws Exception {
    process.start(IDLE, Map.of());
    process.pause();
    await().atMost(LONG).until(() -> state().startsWith("T"));
    process.resume();
    await().atMost(LONG).until(() -> state().startsWith("S"));
    assertThatThrownBy(process::resume).hasMessage("idler is not paused");
  }

  @Test
  void pausedProcessCanBeKilledAndStartedAgain() {
    process.start(IDLE, Map.of());
    process.pause();
    process.kill();
    assertThat(process.isAlive()).isFalse();
    process.start(IDLE, Map.of());
    process.pause();
    process.resume();
    assertThat(process.isAlive()).isTrue();
  }

  @Test
  void interruptFromTheTerminalDoesNotEndIt() throws Exception {
    process.start(IDLE, Map.of());
    // The shell that ignores the signal becomes the process within moments, and keeps its pid.
    await().atMost(LONG).until(() -> ps("comm").endsWith("sleep"));
    output("kill", "-INT", Long.toString(process.pid()));
    process.stop(LONG);
    int terminated = 128 + 15;
    assertThatThrownBy(process::requireAlive)
        .hasMessageStartingWith("idler ended with exit code " + terminated);
  }

  @Test
  void stopLetsTheProcessEndInOrder() {
    process.start(
        List.of(
            "sh", "-c", "trap 'echo in order; exit' TERM; echo up; read -r end; echo end of input"),
        Map.of());
    process.awaitReady(LONG, () -> process.log().lines().anyMatch("up"::equals));
    process.stop(LONG);
    assertThat(process.log().lines()).containsExactly("up", "in order");
  }

  @Test
  void pausedProcessCanBeStopped() {
    process.start(IDLE, Map.of());
    process.pause();
    process.stop(LONG);
    assertThat(process.isAlive()).isFalse();
  }

  @Test
  void processThatDoesNotStopIsKilled() {
    process.start(List.of("sh", "-c", "trap '' TERM; echo deaf; read -r end"), Map.of());
    process.awaitReady(LONG, () -> process.log().lines().anyMatch("deaf"::equals));
    assertThatThrownBy(() -> process.stop(Duration.ofMillis(100)))
        .hasMessageStartingWith("idler did not stop within");
    assertThat(process.isAlive()).isFalse();
  }

  @Test
  void nothingStartsAfterClose() {
    process.start(IDLE, Map.of());
    process.close();
    assertThat(process.isAlive()).isFalse();
    assertThatThrownBy(() -> process.start(IDLE, Map.of())).hasMessage("the testbed is closed");
  }

  private String state() throws IOException {
    return ps("stat");
  }

  private String ps(String column) throws IOException {
    return output("ps", "-o", column + "=", "-p", Long.toString(process.pid()));
  }

  private static String output(String... command) throws IOException {
    Process tool = new ProcessBuilder(command).start();
    return new String(tool.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
  }
}
