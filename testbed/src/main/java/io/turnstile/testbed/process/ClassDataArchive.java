package io.turnstile.testbed.process;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An archive of the classes that all JVMs of one kind load (class data sharing of the JDK). With
 * it, a broker takes a third less processor time until it answers.
 *
 * <p>The first JVM of its kind records it when its testbed is closed; those that start later map it
 * into their memory. Without an archive, or with one that does not fit, a JVM starts as ever.
 *
 * @param file there or not; its name holds what it must fit to
 */
record ClassDataArchive(Path file) {
  private static final Logger LOG = LoggerFactory.getLogger(ClassDataArchive.class);
  private static final long RECORD_SECONDS = 20;

  /**
   * @param directory a distribution's
   * @param kind of JVM, part of the file's name
   * @param classPath of the JVM, JARs only: a directory of classes ends the JVM that records
   */
  static ClassDataArchive in(Path directory, String kind, String classPath) {
    StringBuilder fits = new StringBuilder(System.getProperty("java.vm.version"));
    for (String jar : classPath.split(File.pathSeparator, -1)) {
      File file = new File(jar);
      fits.append('|').append(jar).append(file.length()).append('@').append(file.lastModified());
    }
    UUID name = UUID.nameUUIDFromBytes(fits.toString().getBytes(StandardCharsets.UTF_8));
    return new ClassDataArchive(
        directory.resolve("class-data").resolve(kind + "-" + name + ".jsa"));
  }

  /** Options of a JVM that is never asked to {@link #record}. */
  List<String> use() {
    return Files.exists(file) ? List.of("-XX:SharedArchiveFile=" + file) : List.of();
  }

  /** Options of a JVM that {@link #record} may be called for. */
  List<String> useOrRecord() {
    return Files.exists(file) ? use() : List.of("-XX:+RecordDynamicDumpInfo");
  }

  /**
   * Writes what a JVM has loaded, unless the archive is there. It takes seconds, in which the JVM
   * stands still; a failure only means that the next one starts as slowly.
   *
   * @param pid of a JVM that got {@link #useOrRecord} as options
   */
  void record(long pid) {
    if (Files.exists(file)) {
      return;
    }
    Path written = file.resolveSibling(file.getFileName() + "." + pid);
    try {
      Files.createDirectories(file.getParent());
      Process jcmd =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                  Long.toString(pid),
                  "VM.cds",
                  "dynamic_dump",
                  written.toString())
              .redirectErrorStream(true)
              .redirectOutput(Redirect.DISCARD)
              .start();
      if (!jcmd.waitFor(RECORD_SECONDS, TimeUnit.SECONDS)) {
        jcmd.destroyForcibly();
      } else if (jcmd.exitValue() == 0 && Files.exists(written)) {
        // At once: a JVM that starts meanwhile has the whole file or none.
        Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
      }
    } catch (IOException e) {
      LOG.debug("No archive of classes: {}", e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      delete(written);
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      LOG.debug("{} is left: {}", file, e.getMessage());
    }
  }
}
