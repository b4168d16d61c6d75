package io.turnstile.systemtests.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What the targets start from, and what was found: files in the resource directory of each. */
final class Seeds {

  private Seeds() {}

  /** A file or directory of {@code src/test/resources/fuzz}. */
  static Path resource(String name) {
    try {
      return Path.of(Seeds.class.getResource("/fuzz/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException("a class path is made of URIs", e);
    }
  }

  /** The files of a target in the order of their names. */
  static List<Path> of(String target) {
    try (Stream<Path> files = Files.list(resource(target))) {
      return files.sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String text(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
