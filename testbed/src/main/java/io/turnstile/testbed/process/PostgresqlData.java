package io.turnstile.testbed.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The directory with the data of a {@link PostgresqlServer}, and a copy beside it.
 *
 * @param directory need not exist yet
 */
record PostgresqlData(Path directory) {

  private static final String WITH_PASSWORDS =
      """
      local all all trust
      host all,replication postgres all trust
      host all all all scram-sha-256
      """;

  private Path pidFile() {
    return directory.resolve("postmaster.pid");
  }

  private Path replica() {
    return directory.resolveSibling(directory.getFileName() + "-replica");
  }

  /** The process that starts the others; empty if none has said that it runs here. */
  Optional<ProcessHandle> postmaster() throws IOException {
    if (!Files.exists(pidFile())) {
      return Optional.empty();
    }
    return ProcessHandle.of(Long.parseLong(Files.readAllLines(pidFile()).get(0).strip()));
  }

  /** Of a server that was killed: the number may be another process's by now. */
  void forgetPostmaster() throws IOException {
    Files.deleteIfExists(pidFile());
  }

  void beStandby() throws IOException {
    Files.createFile(directory.resolve("standby.signal"));
  }

  void requirePasswords() throws IOException {
    Files.writeString(directory.resolve("pg_hba.conf"), WITH_PASSWORDS);
  }

  /** Of a server that was shut down. */
  void copyToReplica() throws IOException {
    deleteAll(replica());
    List<Path> all;
    try (Stream<Path> files = Files.walk(directory)) {
      all = files.toList();
    }
    for (Path file : all) {
      Files.copy(
          file,
          replica().resolve(directory.relativize(file)),
          StandardCopyOption.COPY_ATTRIBUTES,
          LinkOption.NOFOLLOW_LINKS);
    }
  }

  /** Puts the replica in the place of what is here. */
  void becomeReplica() throws IOException {
    deleteAll(directory);
    Files.move(replica(), directory);
  }

  /** Deletes everything. */
  void delete() throws IOException {
    deleteAll(directory);
    deleteAll(replica());
  }

  private static void deleteAll(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    List<Path> all;
    try (Stream<Path> files = Files.walk(directory)) {
      all = files.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : all) {
      Files.delete(file);
    }
  }
}
