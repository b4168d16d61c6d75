package io.turnstile.testbed;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogFileTest {

  @TempDir private Path directory;

  @Test
  void tailIsTheLastFifteenLines() throws Exception {
    Path path = directory.resolve("broker.log");
    Files.write(path, IntStream.rangeClosed(1, 5_000).mapToObj(i -> "line " + i).toList());
    LogFile log = new LogFile(path);
    assertThat(log.lines()).hasSize(5_000).startsWith("line 1");
    assertThat(log.tail())
        .startsWith("; its log " + path + " ends with:\nline 4986\n")
        .endsWith("\nline 5000");
  }

  @Test
  void missingLogDoesNotHideTheFailureItIsAppendedTo() {
    assertThat(new LogFile(directory.resolve("none")).tail())
        .startsWith("; its log cannot be read: ");
  }
}
