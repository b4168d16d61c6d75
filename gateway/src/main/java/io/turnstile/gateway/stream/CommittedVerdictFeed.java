package io.turnstile.gateway.stream;

import io.turnstile.clients.CommittedVerdicts;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Follows committed verdicts from their end, and connects anew when that fails. Thread-safe. */
public final class CommittedVerdictFeed implements VerdictFeed {

  private static final Logger LOG = LoggerFactory.getLogger(CommittedVerdictFeed.class);

  private static final Duration LOOK = Duration.ofMillis(200);

  private final Supplier<CommittedVerdicts<byte[]>> connect;
  private final ScheduledExecutorService supervisor =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "gateway-verdict-supervisor");
            thread.setDaemon(true);
            return thread;
          });
  private Consumer<CommittedVerdict> listener;

  /** Used by the supervisor, and after its end. */
  private CommittedVerdicts<byte[]> reader;

  private boolean failureLogged;
  private volatile boolean following;

  /**
   * @param connect makes a reader of verdicts, each time that one is needed
   */
  public CommittedVerdictFeed(Supplier<CommittedVerdicts<byte[]>> connect) {
    this.connect = connect;
  }

  // What fails is logged, and tried again.
  @SuppressWarnings("FutureReturnValueIgnored")
  @Override
  public void start(Consumer<CommittedVerdict> verdicts) {
    listener = verdicts;
    supervisor.scheduleWithFixedDelay(this::keepReading, 0, LOOK.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void keepReading() {
    try {
      if (reader == null) {
        reader = connect.get();
        reader.seekToEnd();
        reader.start("gateway-verdicts", (verdict, polledNanos) -> take(verdict));
        following = true;
        failureLogged = false;
      }
      reader.requireReading();
    } catch (RuntimeException e) {
      following = false;
      if (!failureLogged) {
        LOG.warn("Verdicts cannot be read; trying again", e);
        failureLogged = true;
      }
      disconnect();
    }
  }

  private void take(ConsumerRecord<byte[], byte[]> record) {
    CommittedVerdict verdict;
    try {
      verdict = CommittedVerdict.of(record);
    } catch (IllegalArgumentException e) {
      LOG.warn(
          "Left out a record that is no verdict: {}/{}/{}: {}",
          record.topic(),
          record.partition(),
          record.offset(),
          e.getMessage());
      return;
    }
    listener.accept(verdict);
  }

  private void disconnect() {
    if (reader != null) {
      try {
        reader.close();
      } catch (RuntimeException e) {
        LOG.debug("A reader that has failed does not close", e);
      }
      reader = null;
    }
  }

  @Override
  public boolean isFollowing() {
    return following;
  }

  @Override
  public void close() {
    following = false;
    supervisor.shutdownNow();
    try {
      if (supervisor.awaitTermination(LOOK.toMillis() * 50, TimeUnit.MILLISECONDS)) {
        disconnect();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
