package io.turnstile.bench.measure;

import com.sun.management.GarbageCollectionNotificationInfo;
import com.sun.management.GcInfo;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import javax.management.JMException;
import javax.management.Notification;
import javax.management.NotificationEmitter;
import javax.management.NotificationListener;
import javax.management.openmbean.CompositeData;

/** The collections of this JVM, which need not log them, from now on. Thread-safe. */
final class GcPauseListener implements AutoCloseable {

  private final List<GcLog.Pause> pauses = new ArrayList<>();
  private final NotificationListener listener = (notification, ignored) -> note(notification);
  private final List<NotificationEmitter> collectors =
      ManagementFactory.getGarbageCollectorMXBeans().stream()
          .filter(GcPauseListener::stopsTheWorld)
          .map(NotificationEmitter.class::cast)
          .toList();

  GcPauseListener() {
    collectors.forEach(collector -> collector.addNotificationListener(listener, null, null));
  }

  /** Collectors that work beside the program say so in their names. */
  private static boolean stopsTheWorld(GarbageCollectorMXBean collector) {
    String name = collector.getName().toLowerCase(Locale.ROOT);
    return collector instanceof NotificationEmitter
        && !name.contains("concurrent")
        && !name.contains("cycles");
  }

  private synchronized void note(Notification notification) {
    if (notification
        .getType()
        .equals(GarbageCollectionNotificationInfo.GARBAGE_COLLECTION_NOTIFICATION)) {
      GcInfo info =
          GarbageCollectionNotificationInfo.from((CompositeData) notification.getUserData())
              .getGcInfo();
      pauses.add(new GcLog.Pause(info.getEndTime() / 1000.0, info.getDuration()));
    }
  }

  /** Those so far, to the millisecond. */
  synchronized List<GcLog.Pause> pauses() {
    return List.copyOf(pauses);
  }

  @Override
  public void close() {
    for (NotificationEmitter collector : collectors) {
      try {
        collector.removeNotificationListener(listener);
      } catch (JMException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
