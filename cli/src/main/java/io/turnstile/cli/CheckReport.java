package io.turnstile.cli;

import io.turnstile.clients.JsonFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.function.LongSupplier;

/**
 * Runs named checks one after the other, prints a line for each as it ends, and keeps the results.
 * Not thread-safe.
 */
final class CheckReport {

  enum Status {
    PASS,
    FAIL,
    SKIP
  }

  /**
   * Result of one check.
   *
   * @param detail what was found; of a failure the cause, of a skipped check the reason
   */
  record Result(String name, Status status, Duration took, String detail) {}

  private record JsonResult(String name, Status status, double seconds, String detail) {}

  private record JsonReport(boolean passed, List<JsonResult> checks) {}

  /** One check: returns what it found, throws what is wrong. */
  interface Check {
    String run() throws Exception;
  }

  private final PrintWriter out;
  private final LongSupplier nanoTime;
  private final List<Result> results = new ArrayList<>();

  CheckReport(PrintWriter out, LongSupplier nanoTime) {
    this.out = out;
    this.nanoTime = nanoTime;
  }

  /** Runs a check and says whether it passed. */
  boolean run(String name, Check check) throws InterruptedException {
    long start = nanoTime.getAsLong();
    try {
      String found = check.run();
      add(new Result(name, Status.PASS, since(start), found));
      return true;
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      Throwable cause = e instanceof ExecutionException && e.getCause() != null ? e.getCause() : e;
      add(new Result(name, Status.FAIL, since(start), OneLine.of(cause)));
      return false;
    }
  }

  /** Notes a check that was not made. */
  void skip(String name, String why) {
    add(new Result(name, Status.SKIP, Duration.ZERO, why));
  }

  /** True if none failed. */
  boolean passed() {
    return results.stream().noneMatch(result -> result.status() == Status.FAIL);
  }

  List<Result> results() {
    return List.copyOf(results);
  }

  /** Writes {@code {"passed", "checks": [{"name", "status", "seconds", "detail"}]}}. */
  void write(Path file) throws IOException {
    List<JsonResult> checks =
        results.stream()
            .map(
                result ->
                    new JsonResult(
                        result.name(),
                        result.status(),
                        result.took().toMillis() / 1000.0,
                        result.detail()))
            .toList();
    JsonFiles.write(file, new JsonReport(passed(), checks));
  }

  private void add(Result result) {
    results.add(result);
    out.printf(
        Locale.ROOT,
        "%s  %-22s %6.2f s  %s%n",
        result.status(),
        result.name(),
        result.took().toMillis() / 1000.0,
        result.detail());
    out.flush();
  }

  private Duration since(long startNanos) {
    return Duration.ofNanos(nanoTime.getAsLong() - startNanos);
  }
}
