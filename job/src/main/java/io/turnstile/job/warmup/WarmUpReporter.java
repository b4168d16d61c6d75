package io.turnstile.job.warmup;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.flink.metrics.Metric;
import org.apache.flink.metrics.MetricConfig;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.reporter.MetricReporter;
import org.apache.flink.util.FileUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Warms a TaskManager up that has had no task since it started; one that comes ends the warm-up.
 * Thread-safe.
 */
final class WarmUpReporter implements MetricReporter {

  private static final Logger LOG = LoggerFactory.getLogger(WarmUpReporter.class);

  /** A TaskManager that is not spare has its tasks by then. */
  private static final Duration IDLE = Duration.ofSeconds(20);

  private static final Duration LONGEST_CLOSE = Duration.ofSeconds(5);

  /** What is done to warm up. */
  interface Action {
    void run() throws InterruptedException;
  }

  private final Duration idle;
  private final Action action;
  private final CountDownLatch taskManager = new CountDownLatch(1);
  private final CountDownLatch busy = new CountDownLatch(1);
  private final Thread thread = new Thread(this::await, "warm-up");

  WarmUpReporter() {
    this(IDLE, WarmUpReporter::warmUp);
  }

  WarmUpReporter(Duration idle, Action action) {
    this.idle = idle;
    this.action = action;
  }

  @Override
  public void open(MetricConfig config) {
    thread.setDaemon(true);
    thread.setContextClassLoader(getClass().getClassLoader());
    thread.start();
  }

  @Override
  public void close() {
    thread.interrupt();
    try {
      // Else its files stay behind.
      thread.join(LONGEST_CLOSE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits until it is over. */
  void awaitEnd() throws InterruptedException {
    thread.join();
  }

  @Override
  public void notifyOfAddedMetric(Metric metric, String name, MetricGroup group) {
    if (busy.getCount() > 0) {
      if (group.getAllVariables().containsKey("<task_id>")) {
        busy.countDown();
        thread.interrupt();
      } else if (group.getAllVariables().containsKey("<tm_id>")) {
        taskManager.countDown();
      }
    }
  }

  @Override
  public void notifyOfRemovedMetric(Metric metric, String name, MetricGroup group) {}

  private void await() {
    try {
      taskManager.await();
      if (!busy.await(idle.toMillis(), TimeUnit.MILLISECONDS)) {
        action.run();
      }
    } catch (InterruptedException e) {
      // There is work, or the process ends.
    }
  }

  private static void warmUp() throws InterruptedException {
    long start = System.nanoTime();
    Path directory = null;
    try {
      directory = Files.createTempDirectory("warm-up");
      WarmUp.run(directory);
      LOG.info("Warmed up in {} ms", TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception | LinkageError | OutOfMemoryError e) {
      // An interruption may come as another exception.
      LOG.info("The warm-up ended early: {}", e.toString());
    } finally {
      if (directory != null) {
        FileUtils.deleteDirectoryQuietly(directory.toFile());
      }
    }
  }
}
