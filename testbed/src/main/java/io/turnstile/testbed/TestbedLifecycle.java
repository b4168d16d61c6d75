package io.turnstile.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of one testbed: its directory is made, it starts once, and it ends once, at the latest
 * with this JVM. Thread-safe.
 */
public final class TestbedLifecycle implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TestbedLifecycle.class);

  private final Path directory;
  private final Path logs;
  private final Path files;
  private final Runnable end;
  private final AtomicBoolean started = new AtomicBoolean();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final Thread closeAtExit = new Thread(this::close, "close-testbed");
  private volatile boolean keepLogs;

  /**
   * Makes the directory.
   *
   * @param base parent of the directory; made if it does not exist
   * @param end ends everything that the testbed runs, at any time from now on; must not throw
   */
  public TestbedLifecycle(Path base, Runnable end) {
    this.end = end;
    try {
      Files.createDirectories(base);
      directory = Files.createTempDirectory(base.toRealPath(), "turnstile-");
      logs = Files.createDirectory(directory.resolve("logs"));
      // Users of containers are others.
      files =
          Files.createDirectory(
              directory.resolve("files"),
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Runtime.getRuntime().addShutdownHook(closeAtExit);
  }

  /** The directory for everything that the testbed writes; an absolute path. */
  public Path directory() {
    return directory;
  }

  /** See {@link Testbed#logs}. */
  public Path logs() {
    return logs;
  }

  /** See {@link Testbed#files}. */
  public Path files() {
    return files;
  }

  /** See {@link Testbed#keepLogs}. */
  public void keepLogs() {
    keepLogs = true;
  }

  /** True from the moment on at which the end begins: nothing may start any more. */
  public boolean isClosed() {
    return closed.get();
  }

  /**
   * Starts the testbed. When that fails, the logs are kept.
   *
   * @throws TestbedException if it was started before, or the start fails
   */
  public void start(Runnable processes) {
    if (!started.compareAndSet(false, true)) {
      throw new TestbedException("the testbed was started already");
    }
    try {
      processes.run();
    } catch (RuntimeException e) {
      keepLogs();
      Throwable cause = e instanceof CompletionException ? e.getCause() : e;
      throw cause instanceof TestbedException known
          ? known
          : new TestbedException("the testbed did not start: " + cause, cause);
    }
  }

  /** See {@link Testbed#close}. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    end.run();
    deleteFiles();
    try {
      Runtime.getRuntime().removeShutdownHook(closeAtExit);
    } catch (IllegalStateException e) {
      // The JVM is ending: that hook is what runs.
    }
  }

  private void deleteFiles() {
    try {
      Files.walkFileTree(
          directory,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes) {
              return keepLogs && path.equals(logs)
                  ? FileVisitResult.SKIP_SUBTREE
                  : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
              delete(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
              // Gone meanwhile: a process that ended has cleaned up.
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path path, IOException e) {
              if (!keepLogs || !logs.startsWith(path)) {
                delete(path);
              }
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      LOG.warn("Could not delete all of {}", directory, e);
    }
    if (keepLogs) {
      System.err.println("The logs of Kafka and Flink are in " + logs);
    }
  }

  private static void delete(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      LOG.warn("Could not delete {}", path, e);
    }
  }
}
