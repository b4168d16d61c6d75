package io.turnstile.helm.kubernetes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * Measures how long nothing comes from standard input, and keeps the longest time in a file, in
 * milliseconds. What came before the first byte does not count. Runs in a pod, with nothing but
 * Java.
 */
final class Silence {

  private Silence() {}

  /**
   * Reads until the end.
   *
   * @param arguments the file
   */
  public static void main(String[] arguments) throws IOException {
    byte[] buffer = new byte[1 << 16];
    long longest = 0;
    if (System.in.read(buffer) < 0) {
      return;
    }
    long before = System.nanoTime();
    while (System.in.read(buffer) >= 0) {
      long now = System.nanoTime();
      long silence = TimeUnit.NANOSECONDS.toMillis(now - before);
      before = now;
      if (silence > longest) {
        longest = silence;
        Files.writeString(Path.of(arguments[0]), Long.toString(longest));
      }
    }
  }
}
