package io.turnstile.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A JVM of its own that works when told to: its main method does a piece of work for each byte that
 * it reads, answers with a line, and ends with its input.
 */
public final class WorkingJvm implements AutoCloseable {

  private final Process process;
  private final BufferedReader answers;

  private WorkingJvm(Process process) {
    this.process = process;
    answers =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /**
   * Starts it.
   *
   * @param options for the JVM
   */
  public static WorkingJvm start(List<String> options, Class<?> mainClass, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), mainClass.getName()));
    command.addAll(List.of(arguments));
    return new WorkingJvm(
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  public long pid() {
    return process.pid();
  }

  /** Has it do one piece of work, and waits until that is done. */
  public void work() throws IOException {
    OutputStream requests = process.getOutputStream();
    requests.write('\n');
    requests.flush();
    if (answers.readLine() == null) {
      throw new IOException("the process has ended");
    }
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().orTimeout(30, TimeUnit.SECONDS).join();
  }
}
