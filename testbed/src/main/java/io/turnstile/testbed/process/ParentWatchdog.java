package io.turnstile.testbed.process;

import java.io.IOException;
import java.util.Arrays;

/**
 * Runs another main class and ends the JVM when standard input does: the testbed holds the other
 * end of that pipe, and the operating system closes it however the testbed's process ended.
 *
 * <p>This class is loaded alone into JVMs that have nothing else of ours: it may use only the JDK.
 */
final class ParentWatchdog {
  private static final int KILLED = 137;

  private ParentWatchdog() {}

  public static void main(String[] args) throws ReflectiveOperationException {
    Thread watch = new Thread(ParentWatchdog::haltAtEndOfInput, "end-with-parent");
    watch.setDaemon(true);
    watch.start();
    Class.forName(args[0])
        .getMethod("main", String[].class)
        .invoke(null, (Object) Arrays.copyOfRange(args, 1, args.length));
  }

  private static void haltAtEndOfInput() {
    byte[] ignored = new byte[64];
    try {
      while (System.in.read(ignored) >= 0) {
        // Nothing is ever sent.
      }
    } catch (IOException e) {
      // As good as the end.
    }
    // Not exit: shutdown hooks could wait for a broker that is being killed as well.
    Runtime.getRuntime().halt(KILLED);
  }
}
