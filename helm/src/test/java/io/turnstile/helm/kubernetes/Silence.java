package io.turnstile.helm.kubernetes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.TimeUnit;

/**
 * Measures how long nothing comes from standard input, and keeps the longest time in a file, in
 * milliseconds, with the number of bytes that came. What came before the first byte does not count.
 * Runs in a pod, with nothing but Java.
 */
final class Silence {

  private static final long WRITE_EVERY_MILLIS = 200;

  private Silence() {}

  /**
   * Reads until the end.
   *
   * @param arguments the file
   */
  public static void main(String[] arguments) throws IOException {
    Path file = Path.of(arguments[0]);
    Path next = Path.of(arguments[0] + ".next");
    byte[] buffer = new byte[1 << 16];
    long longest = 0;
    long bytes = 0;
    long before = 0;
    long written = 0;
    for (int read; (read = System.in.read(buffer)) >= 0; ) {
      long now = TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
      if (bytes > 0) {
        longest = Math.max(longest, now - before);
      }
      bytes += read;
      before = now;
      if (now - written >= WRITE_EVERY_MILLIS) {
        written = now;
        // Whoever reads it finds all of it.
        Files.writeString(next, longest + " " + bytes);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
      }
    }
  }
}
