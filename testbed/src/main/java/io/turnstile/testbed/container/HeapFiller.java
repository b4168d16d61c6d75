package io.turnstile.testbed.container;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchService;

/**
 * Java agent that uses up its JVM's heap as soon as a file is made in the directory that it is
 * given.
 *
 * <p>This class is loaded alone into JVMs that have nothing else of ours: it may use only the JDK.
 */
public final class HeapFiller {

  /** Large: with small pieces, the JVM would collect for long before it gives up. */
  private static final int PIECE = 32 << 20;

  private HeapFiller() {}

  /** Called by the JVM before its main class. */
  public static void premain(String directory) throws IOException {
    Path watched = Files.createDirectories(Path.of(directory));
    WatchService made = FileSystems.getDefault().newWatchService();
    watched.register(made, StandardWatchEventKinds.ENTRY_CREATE);
    Thread filler = new Thread(() -> fillAfter(made), "heap-filler");
    filler.setDaemon(true);
    filler.start();
  }

  private static void fillAfter(WatchService made) {
    try {
      made.take();
    } catch (InterruptedException e) {
      return;
    }
    Object kept = null;
    while (true) {
      kept = new Object[] {kept, new byte[PIECE]};
    }
  }
}
