package io.turnstile.testbed.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.UUID;

/**
 * A copy of a JAR for class paths: a build that replaces the JAR would break the JVMs that have
 * opened it, for they read their classes from where these were when they opened it.
 */
final class KeptJar {

  private KeptJar() {}

  /**
   * The copy of a JAR as it is now. All copies of the same build are one file, so that a {@link
   * ClassDataArchive} fits to later JVMs too. It stays, as the archive does.
   *
   * @param directory a distribution's
   */
  static Path of(Path jar, Path directory) {
    try {
      String name = jar.getFileName().toString().replaceFirst("\\.jar$", "");
      Path kept =
          directory.resolve(
              Path.of(
                  "class-data",
                  "%s-%d-%d.jar"
                      .formatted(
                          name, Files.size(jar), Files.getLastModifiedTime(jar).toMillis())));
      if (!Files.exists(kept)) {
        Files.createDirectories(kept.getParent());
        Path written = kept.resolveSibling(kept.getFileName() + "." + UUID.randomUUID());
        Files.copy(jar, written, StandardCopyOption.COPY_ATTRIBUTES);
        // At once: whoever starts meanwhile has the whole file or none.
        Files.move(written, kept, StandardCopyOption.ATOMIC_MOVE);
      }
      return kept;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
