package io.turnstile.bench.profile;

import com.sun.tools.attach.AgentInitializationException;
import com.sun.tools.attach.AgentLoadException;
import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * async-profiler in JVMs of the same user on this machine. It counts their CPU time by timers,
 * which needs no rights, unlike the counters of the processor. Thread-safe.
 */
public final class AsyncProfiler {

  private static final String SAMPLING = "event=ctimer,interval=5ms,threads";

  /** Behind a thread's name; without it, stacks of several runs add up. */
  private static final Pattern THREAD_ID = Pattern.compile("(?<=^\\[[^;]{0,200}) tid=\\d+(?=\\];)");

  private final Path library;
  private final Path directory;

  private AsyncProfiler(Path library, Path directory) {
    this.library = library;
    this.directory = directory;
  }

  /**
   * Unpacks the profiler.
   *
   * @param directory existing and empty; has to stay until the last profile is written
   * @throws IOException with a message for a person, if there is none for this platform
   */
  public static AsyncProfiler unpack(Path directory) throws IOException {
    return unpack(System.getProperty("os.name"), System.getProperty("os.arch"), directory);
  }

  static AsyncProfiler unpack(String system, String processor, Path directory) throws IOException {
    String name = platform(system, processor) + "/libasyncProfiler.so";
    try (InputStream in = AsyncProfiler.class.getClassLoader().getResourceAsStream(name)) {
      if (in == null) {
        throw new IOException(
            "async-profiler has no library for %s on %s".formatted(system, processor));
      }
      Path library = directory.toRealPath().resolve("libasyncProfiler.so");
      Files.copy(in, library);
      return new AsyncProfiler(library, library.getParent());
    }
  }

  /** The directory of a platform in async-profiler's JAR. */
  private static String platform(String system, String processor) {
    if (system.toLowerCase(Locale.ROOT).startsWith("mac")) {
      return "macos";
    }
    return system.toLowerCase(Locale.ROOT)
        + switch (processor) {
          case "amd64", "x86_64" -> "-x64";
          case "aarch64" -> "-arm64";
          default -> "-" + processor;
        };
  }

  /**
   * Begins to sample the stacks of all threads that run.
   *
   * @throws IOException if there is no such JVM, or the profiler does not start in it
   */
  public void start(long pid) throws IOException {
    command(pid, "start," + SAMPLING);
  }

  /**
   * Ends that.
   *
   * @param html gets the flame graph, a page complete in itself
   * @return the sampled stacks, each as {@code thread;outermost;…;innermost count}
   * @throws IOException if the process has ended, or the files cannot be written
   */
  public List<String> stop(long pid, Path html) throws IOException {
    // Commas in the name of a file would end it, so that these are moved to where they belong.
    Path page = directory.resolve(pid + ".html");
    Path stacks = directory.resolve(pid + ".collapsed");
    command(pid, "stop,collapsed,dot,threads,file=" + stacks);
    command(pid, "dump,flamegraph,threads,file=" + page);
    Files.createDirectories(html.toAbsolutePath().getParent());
    Files.deleteIfExists(html);
    Files.move(page, html);
    List<String> lines =
        Files.readAllLines(stacks).stream()
            .map(line -> THREAD_ID.matcher(line).replaceFirst(""))
            .toList();
    Files.delete(stacks);
    return lines;
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
