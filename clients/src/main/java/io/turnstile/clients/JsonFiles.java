package io.turnstile.clients;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/** Machine-readable output. */
public final class JsonFiles {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** For others too: a temporary file is not, and a program in a container is somebody else. */
  private static final FileAttribute<?> READABLE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r--r--"));

  private JsonFiles() {}

  /** Writes the file in one step: whoever waits for it never reads half of it. */
  public static void write(Path file, JsonNode content) throws IOException {
    Path directory = file.toAbsolutePath().getParent();
    Files.createDirectories(directory);
    Path unfinished =
        Files.createTempFile(directory, file.getFileName().toString(), ".tmp", READABLE);
    try {
      Files.writeString(
          unfinished, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(content) + "\n");
      Files.move(unfinished, file, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(unfinished);
    }
  }
}
