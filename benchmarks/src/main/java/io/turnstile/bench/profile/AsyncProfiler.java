package io.turnstile.bench.profile;

import com.sun.tools.attach.AgentInitializationException;
import com.sun.tools.attach.AgentLoadException;
import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;

/**
 * async-profiler in JVMs of the same user on this machine. It counts their CPU time by timers,
 * which needs no rights, unlike the counters of the processor. Thread-safe.
 */
public final class AsyncProfiler {

  private final Path library;

  private AsyncProfiler(Path library) {
    this.library = library;
  }

  /**
   * Unpacks the profiler to an empty directory, which has to stay until the last profile is
   * written; fails with a message for a person if there is none for this platform.
   */
  public static AsyncProfiler unpack(Path directory) throws IOException {
    return unpack(System.getProperty("os.name"), System.getProperty("os.arch"), directory);
  }

  static AsyncProfiler unpack(String system, String processor, Path directory) throws IOException {
    String os = system.toLowerCase(Locale.ROOT);
    String platform =
        switch (processor) {
          case "amd64", "x86_64" -> os + "-x64";
          case "aarch64" -> os + "-arm64";
          default -> os + "-" + processor;
        };
    String name = (os.startsWith("mac") ? "macos" : platform) + "/libasyncProfiler.so";
    try (InputStream in = AsyncProfiler.class.getClassLoader().getResourceAsStream(name)) {
      if (in == null) {
        throw new IOException(
            "async-profiler has no library for %s on %s".formatted(system, processor));
      }
      Path library = directory.toRealPath().resolve("libasyncProfiler.so");
      Files.copy(in, library);
      return new AsyncProfiler(library);
    }
  }

  /** Begins to sample the stacks of all threads that run; fails if there is no such JVM. */
  public void start(long pid) throws IOException {
    command(pid, "start,event=ctimer,interval=5ms,threads");
  }

  /** Ends that, and writes the flame graph as a page; fails if the JVM has ended. */
  public void stop(long pid, Path html) throws IOException {
    // A comma in the name of a file would end it, so that it is moved to where it belongs.
    Path page = library.resolveSibling(pid + ".html");
    command(pid, "stop,flamegraph,threads,file=" + page);
    Files.createDirectories(html.toAbsolutePath().getParent());
    Files.move(page, html, StandardCopyOption.REPLACE_EXISTING);
  }

  private void command(long pid, String options) throws IOException {
    try {
      VirtualMachine machine = VirtualMachine.attach(Long.toString(pid));
      try {
        machine.loadAgentPath(library.toString(), options);
      } finally {
        machine.detach();
      }
    } catch (AttachNotSupportedException | AgentLoadException | AgentInitializationException e) {
      throw new IOException("process " + pid + " cannot be profiled: " + e.getMessage(), e);
    }
  }
}
