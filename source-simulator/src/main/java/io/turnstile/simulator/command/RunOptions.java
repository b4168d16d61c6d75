package io.turnstile.simulator.command;

import io.turnstile.clients.OptionSources;
import io.turnstile.clients.Screen;
import io.turnstile.simulator.Simulation;
import io.turnstile.simulator.SimulationProgress;
import io.turnstile.simulator.SimulationSummary;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The output of every run for its user: progress, result, exit code. */
final class RunOptions {

  private static final long STOP_SECONDS = 30;

  @Option(names = "--out", paramLabel = "FILE", description = "Writes the summary there, as JSON.")
  private Path out;

  @Option(names = "--quiet", fallbackValue = OptionSources.ON, description = "No progress line.")
  private boolean quiet;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  /** The work of a command. */
  interface Action<T> {
    T run() throws IOException, InterruptedException;
  }

  /** The command that these options belong to. */
  CommandSpec spec() {
    return spec;
  }

  /** Runs a simulation to its end, or until the process is told to end. */
  int run(Action<Simulation> preparation) throws InterruptedException {
    return reporting(
        spec,
        () -> {
          requireDirectoryOf(out);
          Simulation simulation = preparation.run();
          CountDownLatch done = new CountDownLatch(1);
          Thread atExit = new Thread(() -> stop(simulation, done), "stop-simulation");
          Runtime.getRuntime().addShutdownHook(atExit);
          try {
            return report(withProgress(simulation));
          } finally {
            done.countDown();
            removeShutdownHook(atExit);
          }
        });
  }

  /**
   * Turns exceptions into one line and an exit code.
   *
   * @throws ParameterException if an option's value is of no use
   */
  static int reporting(CommandSpec spec, Action<Integer> action) throws InterruptedException {
    try {
      return action.run();
    } catch (IllegalArgumentException | ConfigException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    } catch (NoSuchFileException e) {
      throw new ParameterException(
          spec.commandLine(), "no such file or directory: " + e.getFile(), e);
    } catch (FileAlreadyExistsException e) {
      throw new ParameterException(
          spec.commandLine(), e.getFile() + " exists already and is left as it is", e);
    } catch (IOException | KafkaException e) {
      spec.commandLine().getErr().println(e.getMessage());
      return spec.exitCodeOnExecutionException();
    }
  }

  private SimulationSummary withProgress(Simulation simulation)
      throws IOException, InterruptedException {
    if (quiet) {
      return simulation.run();
    }
    CountDownLatch done = new CountDownLatch(1);
    Thread printer = new Thread(() -> printProgress(simulation, done), "progress");
    printer.setDaemon(true);
    printer.start();
    try {
      return simulation.run();
    } finally {
      done.countDown();
      printer.join();
    }
  }

  private void printProgress(Simulation simulation, CountDownLatch done) {
    Screen screen = new Screen(spec.commandLine().getErr(), false);
    try {
      long before = 0;
      while (!done.await(1, TimeUnit.SECONDS)) {
        SimulationProgress now = simulation.progress();
        screen.line(
            "sent %,d transactions (%,d/s, %,d ms behind), %,d reference records; %,d failed",
            now.acknowledged(),
            now.acknowledged() - before,
            TimeUnit.NANOSECONDS.toMillis(now.behindNanos()),
            now.referenceRecords(),
            now.failures());
        before = now.acknowledged();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private int report(SimulationSummary summary) throws IOException {
    PrintWriter text = spec.commandLine().getOut();
    text.println(
        String.format(
            Locale.ROOT,
            "sent %,d transactions in %.1f s (%,.0f/s) and %,d reference records; %,d failed",
            summary.acknowledged(),
            summary.seconds(),
            summary.rate(),
            summary.referenceByKind().values().stream().mapToLong(Long::longValue).sum(),
            summary.failures()));
    text.flush();
    if (out != null) {
      summary.write(out);
    }
    PrintWriter err = spec.commandLine().getErr();
    if (summary.failures() > 0) {
      err.println("not everything could be sent; the first failure: " + summary.firstFailure());
    }
    if (summary.unanswered() > 0) {
      err.println(
          summary.unanswered()
              + " transactions were to be turned away for their tokens, but no such verdict came;"
              + " is the job running?");
    }
    err.flush();
    return summary.succeeded() ? spec.exitCodeOnSuccess() : spec.exitCodeOnExecutionException();
  }

  /** Better now than after the run. */
  private static void requireDirectoryOf(Path file) throws NoSuchFileException {
    if (file != null && !Files.isDirectory(file.toAbsolutePath().getParent())) {
      throw new NoSuchFileException(file.toAbsolutePath().getParent().toString());
    }
  }

  private static void stop(Simulation simulation, CountDownLatch done) {
    simulation.stop();
    try {
      done.await(STOP_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void removeShutdownHook(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending: the hook has run.
    }
  }
}
