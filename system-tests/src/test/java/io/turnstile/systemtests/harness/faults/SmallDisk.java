package io.turnstile.systemtests.harness.faults;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A disk of its own size, in memory, to be filled and freed. Needs the right to mount one. */
public final class SmallDisk implements AutoCloseable {

  private static final String SIZE = "256m";
  private static final int CHUNK = 1 << 16;
  private static final int TIMEOUT_SECONDS = 30;

  private final Path directory;

  private SmallDisk(Path directory) {
    this.directory = directory;
  }

  /** Mounts one; empty if that is not allowed here. */
  public static Optional<SmallDisk> mount() throws IOException {
    Path directory = Files.createTempDirectory("turnstile-disk-");
    if (run("mount", "-t", "tmpfs", "-o", "size=" + SIZE, "tmpfs", directory.toString())) {
      return Optional.of(new SmallDisk(directory));
    }
    Files.delete(directory);
    return Optional.empty();
  }

  private static boolean run(String... command) throws IOException {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (IOException noSuchCommand) {
      return false;
    }
  }

  /** Makes a directory there. */
  Path directory(String name) {
    try {
      return Files.createDirectory(directory.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path filler() {
    return directory.resolve("filler");
  }

  /** Leaves no room. */
  void fill() {
    byte[] zeros = new byte[CHUNK];
    try (OutputStream out = Files.newOutputStream(filler())) {
      while (true) {
        out.write(zeros);
      }
    } catch (IOException full) {
      // That is what was wanted.
    }
  }

  /** Gives back what {@link #fill} has taken. */
  void free() {
    try {
      Files.delete(filler());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Unmounts it, with all that is there. */
  @Override
  public void close() throws IOException {
    run("umount", directory.toString());
    Files.delete(directory);
  }
}
