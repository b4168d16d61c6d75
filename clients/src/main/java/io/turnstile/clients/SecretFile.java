package io.turnstile.clients;

import java.io.IOException;
import java.nio.file.Path;

/** A file with one secret, as platforms mount them. */
public final class SecretFile {

  private SecretFile() {}

  /**
   * The secret, without the line's end that editors and {@code echo} add, and without a byte order
   * mark.
   *
   * @throws IOException if it cannot be read, is empty or in another encoding than {@link TextFile}
   *     reads; the message never repeats the secret
   */
  public static String read(Path file) throws IOException {
    String text = TextFile.read(file);
    int end = text.length();
    while (end > 0 && (text.charAt(end - 1) == '\n' || text.charAt(end - 1) == '\r')) {
      end--;
    }
    if (end == 0) {
      throw new IOException(file + " is empty");
    }
    return text.substring(0, end);
  }
}
