package io.turnstile.clients;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Machine-readable output: records and collections of them, whose fields are named in snake case.
 * Thread-safe.
 */
public final class JsonFiles {

  private static final ObjectWriter JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .build()
          .writerWithDefaultPrettyPrinter();

  /** Readable by all: a temporary file is not, and a program in a container is another user. */
  private static final FileAttribute<?> READABLE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r--r--"));

  private JsonFiles() {}

  /** Writes the file in one step: whoever waits for it never reads half of it. */
  public static void write(Path file, Object content) throws IOException {
    Path directory = file.toAbsolutePath().getParent();
    Files.createDirectories(directory);
    Path unfinished =
        Files.createTempFile(directory, file.getFileName().toString(), ".tmp", READABLE);
    try {
      Files.writeString(unfinished, text(content) + "\n");
      Files.move(unfinished, file, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(unfinished);
    }
  }

  /** The content of a file, without the last line end. */
  public static String text(Object content) throws JsonProcessingException {
    return JSON.writeValueAsString(content);
  }
}
