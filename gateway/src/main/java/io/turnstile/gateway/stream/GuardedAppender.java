package io.turnstile.gateway.stream;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.turnstile.events.SourcePosition;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * An appender behind a circuit breaker: while most of what it appends fails, records are refused at
 * once, and only a few are let through to see whether it works again. Thread-safe.
 */
public final class GuardedAppender implements Appender {

  /** How long records are refused before some are let through again. */
  public static final Duration PAUSE = Duration.ofSeconds(2);

  private static final int WINDOW_SECONDS = 10;
  private static final int LEAST_APPENDS = 20;
  private static final int TRIALS = 10;
  private static final float FAILURE_PERCENT = 50;

  private final Appender appender;
  private final CircuitBreaker breaker;

  /** Closed at first: records pass. */
  public GuardedAppender(Appender appender) {
    this.appender = appender;
    this.breaker =
        CircuitBreaker.of(
            "kafka",
            CircuitBreakerConfig.custom()
                .slidingWindowType(SlidingWindowType.TIME_BASED)
                .slidingWindowSize(WINDOW_SECONDS)
                .minimumNumberOfCalls(LEAST_APPENDS)
                .failureRateThreshold(FAILURE_PERCENT)
                .waitDurationInOpenState(PAUSE)
                .permittedNumberOfCallsInHalfOpenState(TRIALS)
                .build());
  }

  /** Returns whether records are refused. */
  public boolean isOpen() {
    return breaker.getState() == CircuitBreaker.State.OPEN;
  }

  @Override
  public CompletableFuture<SourcePosition> append(ProducerRecord<byte[], byte[]> record) {
    if (!breaker.tryAcquirePermission()) {
      return CompletableFuture.failedFuture(
          new NotSentException("Kafka has failed too often just now", null));
    }
    long begun = System.nanoTime();
    return appender
        .append(record)
        .whenComplete(
            (position, failure) -> {
              long nanos = System.nanoTime() - begun;
              if (failure == null) {
                breaker.onSuccess(nanos, TimeUnit.NANOSECONDS);
              } else {
                breaker.onError(nanos, TimeUnit.NANOSECONDS, failure);
              }
            });
  }
}
