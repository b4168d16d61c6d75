package io.turnstile.helm.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A command that was run to its end. Immutable.
 *
 * @param line what was run, for messages
 * @param output standard output
 * @param errors standard error, where kubectl says what is no answer
 */
record Command(String line, int exitCode, String output, String errors) {

  /** Longer than the longest wait that the commands have themselves. */
  private static final Duration LIMIT = Duration.ofMinutes(15);

  static Command run(List<String> command) {
    return run(command, null);
  }

  /**
   * @param input for its standard input; nothing if null
   */
  static Command run(List<String> command, String input) {
    String line = String.join(" ", command);
    try {
      Path in = temporary(input == null ? "" : input);
      Path out = temporary("");
      Path err = temporary("");
      try {
        Process process =
            new ProcessBuilder(command)
                .redirectInput(in.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
          process.destroyForcibly().waitFor();
          throw new AssertionError(
              "no end after %s: %s%n%s%s"
                  .formatted(LIMIT, line, Files.readString(out), Files.readString(err)));
        }
        return new Command(line, process.exitValue(), Files.readString(out), Files.readString(err));
      } finally {
        Files.delete(in);
        Files.delete(out);
        Files.delete(err);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static Path temporary(String content) throws IOException {
    File file = File.createTempFile("command", null);
    return Files.writeString(file.toPath(), content);
  }

  boolean succeeded() {
    return exitCode == 0;
  }

  Command orFail() {
    assertThat(exitCode).as("%s%n%s%s", line, output, errors).isZero();
    return this;
  }
}
