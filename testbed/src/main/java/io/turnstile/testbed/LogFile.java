package io.turnstile.testbed;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The file that a process writes its output to.
 *
 * @param path need not exist yet
 */
public record LogFile(Path path) {
  private static final int TAIL_LINES = 15;
  private static final int TAIL_BYTES = 16 * 1024;

  /** All lines that were written so far. */
  public Stream<String> lines() {
    try {
      return lines(0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Stream<String> lines(long from) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
      byte[] bytes = new byte[(int) (file.length() - from)];
      file.seek(from);
      file.readFully(bytes);
      return new String(bytes, StandardCharsets.UTF_8).lines();
    }
  }

  /** The last lines, to append to a message. */
  public String tail() {
    try {
      List<String> lines = lines(Math.max(0, path.toFile().length() - TAIL_BYTES)).toList();
      return "; its log "
          + path
          + " ends with:\n"
          + String.join("\n", lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size()));
    } catch (IOException e) {
      return "; its log cannot be read: " + e.getMessage();
    }
  }
}
