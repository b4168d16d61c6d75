package io.turnstile.bench.leak;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.UnixOperatingSystemMXBean;
import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.management.MBeanServerConnection;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/**
 * Examines a JVM of the same user on this machine, through its management agent, which this starts
 * if need be, and through {@code /proc} where there is one. Not thread-safe.
 */
final class JvmProbe implements ProcessProbe {

  private static final double MIB = 1 << 20;

  private final long pid;
  private final JMXConnector connector;
  private final MemoryMXBean memory;
  private final ThreadMXBean threads;
  private final UnixOperatingSystemMXBean system;
  private final HotSpotDiagnosticMXBean diagnostic;

  private JvmProbe(long pid, JMXConnector connector) throws IOException {
    this.pid = pid;
    this.connector = connector;
    MBeanServerConnection beans = connector.getMBeanServerConnection();
    memory =
        ManagementFactory.newPlatformMXBeanProxy(
            beans, ManagementFactory.MEMORY_MXBEAN_NAME, MemoryMXBean.class);
    threads =
        ManagementFactory.newPlatformMXBeanProxy(
            beans, ManagementFactory.THREAD_MXBEAN_NAME, ThreadMXBean.class);
    system =
        ManagementFactory.newPlatformMXBeanProxy(
            beans, ManagementFactory.OPERATING_SYSTEM_MXBEAN_NAME, UnixOperatingSystemMXBean.class);
    diagnostic =
        ManagementFactory.newPlatformMXBeanProxy(
            beans, "com.sun.management:type=HotSpotDiagnostic", HotSpotDiagnosticMXBean.class);
  }

  /**
   * @throws IOException if there is no such JVM, or it cannot be looked at
   */
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

  @Override
  public Map<LeakMetric, Double> sample() throws IOException {
    Map<LeakMetric, Double> metrics = new EnumMap<>(LeakMetric.class);
    memory.gc();
    metrics.put(LeakMetric.HEAP_AFTER_GC, memory.getHeapMemoryUsage().getUsed() / MIB);
    metrics.put(LeakMetric.THREADS, (double) threads.getThreadCount());
    metrics.put(LeakMetric.OPEN_FILES, (double) system.getOpenFileDescriptorCount());
    Map<String, Double> resident = resident();
    Double anonymous = resident.get("RssAnon");
    if (resident.containsKey("VmRSS") && anonymous != null) {
      double managed =
          memory.getHeapMemoryUsage().getCommitted()
              + memory.getNonHeapMemoryUsage().getCommitted();
      metrics.put(LeakMetric.RSS, resident.get("VmRSS"));
      metrics.put(LeakMetric.NATIVE_MEMORY, anonymous - managed / MIB);
    }
    return metrics;
  }

  /** Memory in MiB by its name in the process's status file; empty where there is none. */
  private Map<String, Double> resident() throws IOException {
    Path status = Path.of("/proc", Long.toString(pid), "status");
    if (!Files.isReadable(status)) {
      return Map.of();
    }
    try (Stream<String> lines = Files.lines(status)) {
      return lines
          .map(line -> line.split("[:\\s]+", 3))
          .filter(parts -> parts[0].equals("VmRSS") || parts[0].equals("RssAnon"))
          .collect(Collectors.toMap(parts -> parts[0], parts -> Long.parseLong(parts[1]) / 1024.0));
    }
  }

  @Override
  public void dumpHeap(Path file) throws IOException {
    diagnostic.dumpHeap(file.toAbsolutePath().toString(), true);
  }

  @Override
  public void close() throws IOException {
    connector.close();
  }
}
