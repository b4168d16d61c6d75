package io.turnstile.feeds.publish;

import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.RetriableException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Repeats what fails because brokers are away, for as long as they are. */
final class BrokersAway {

  private static final Logger LOG = LoggerFactory.getLogger(BrokersAway.class);

  private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
  private static final double GROWTH = 2;
  private static final double JITTER = 0.5;

  private final Retry retry;

  /** Pauses of half a second at first, of half a minute at most. */
  BrokersAway() {
    this(
        IntervalFunction.ofExponentialRandomBackoff(
            FIRST_PAUSE.toMillis(), GROWTH, JITTER, LONGEST_PAUSE.toMillis()));
  }

  /**
   * @param pauses in milliseconds, by attempt
   */
  BrokersAway(IntervalFunction pauses) {
    retry =
        Retry.of(
            "brokers",
            RetryConfig.custom()
                .maxAttempts(Integer.MAX_VALUE)
                .intervalFunction(pauses)
                .retryOnException(BrokersAway::passes)
                .build());
    retry
        .getEventPublisher()
        .onRetry(
            event ->
                LOG.warn(
                    "Kafka cannot be used yet, and is asked again: {}",
                    event.getLastThrowable().toString()));
  }

  /** A broker that starts counts for a topic's replicas only once it is unfenced. */
  private static boolean passes(Throwable failure) {
    Throwable cause = failure instanceof ExecutionException ? failure.getCause() : failure;
    return cause instanceof RetriableException
        || cause instanceof InvalidReplicationFactorException;
  }

  /** Calls until it succeeds, or fails for another reason. */
  <T> T outlast(Callable<T> call) throws Exception {
    return retry.executeCallable(call);
  }
}
