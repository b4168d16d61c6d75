package io.turnstile.bench.leak;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.UnixOperatingSystemMXBean;
import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import io.turnstile.bench.leak.LeakWatch.LeakMetric;
import io.turnstile.bench.measure.ResourceSampler;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.lang.management.PlatformManagedObject;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/**
 * Examines a JVM of the same user on this machine, through its management agent, which this starts
 * if need be, and through {@code /proc} where there is one. Not thread-safe.
 */
final class JvmProbe implements LeakWatch.Probe {

  private static final double MIB = 1 << 20;

  private final long pid;
  private final JMXConnector connector;

  private JvmProbe(long pid, JMXConnector connector) {
    this.pid = pid;
    this.connector = connector;
  }

  /** Fails if there is no such JVM, or it cannot be looked at. */
  @SuppressWarnings("BanJNDI") // The address comes from that JVM itself, which is the user's own.
  static JvmProbe attach(long pid) throws IOException {
    VirtualMachine machine;
    try {
      machine = VirtualMachine.attach(Long.toString(pid));
    } catch (AttachNotSupportedException e) {
      throw new IOException("process " + pid + " cannot be looked at: " + e.getMessage(), e);
    }
    try {
      JMXServiceURL agent = new JMXServiceURL(machine.startLocalManagementAgent());
      return new JvmProbe(pid, JMXConnectorFactory.connect(agent));
    } finally {
      machine.detach();
    }
  }

  private <T extends PlatformManagedObject> T bean(Class<T> type) throws IOException {
    return ManagementFactory.getPlatformMXBean(connector.getMBeanServerConnection(), type);
  }

  @Override
  public Map<LeakMetric, Double> sample() throws IOException {
    Map<LeakMetric, Double> metrics = new EnumMap<>(LeakMetric.class);
    MemoryMXBean memory = bean(MemoryMXBean.class);
    memory.gc();
    metrics.put(LeakMetric.HEAP_AFTER_GC, memory.getHeapMemoryUsage().getUsed() / MIB);
    metrics.put(LeakMetric.THREADS, (double) bean(ThreadMXBean.class).getThreadCount());
    metrics.put(
        LeakMetric.OPEN_FILES,
        (double) bean(UnixOperatingSystemMXBean.class).getOpenFileDescriptorCount());
    if (Files.isReadable(Path.of("/proc", Long.toString(pid), "status"))) {
      double managed =
          memory.getHeapMemoryUsage().getCommitted()
              + memory.getNonHeapMemoryUsage().getCommitted();
      ResourceSampler.field(pid, "status", "VmRSS:")
          .ifPresent(kib -> metrics.put(LeakMetric.RSS, kib / 1024));
      ResourceSampler.field(pid, "status", "RssAnon:")
          .ifPresent(kib -> metrics.put(LeakMetric.NATIVE_MEMORY, kib / 1024 - managed / MIB));
    }
    return metrics;
  }

  @Override
  public void dumpHeap(Path file) throws IOException {
    bean(HotSpotDiagnosticMXBean.class).dumpHeap(file.toAbsolutePath().toString(), true);
  }

  @Override
  public void close() throws IOException {
    connector.close();
  }
}
