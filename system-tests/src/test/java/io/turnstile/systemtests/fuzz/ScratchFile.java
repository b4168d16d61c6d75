package io.turnstile.systemtests.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file for readers that take no bytes; one per process, deleted with it. Not thread-safe. */
final class ScratchFile {

  private static final Path FILE = create();

  private ScratchFile() {}

  private static Path create() {
    try {
      Path file = Files.createTempFile("fuzz", "");
      file.toFile().deleteOnExit();
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The file with these bytes from an index on; it holds nothing else. */
  static Path of(byte[] bytes, int from) throws IOException {
    try (var out = Files.newOutputStream(FILE)) {
      out.write(bytes, from, bytes.length - from);
    }
    return FILE;
  }
}
