package io.turnstile.feeds.source;

import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.turnstile.feeds.config.Feed;
import io.turnstile.feeds.source.SourceException.Cure;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * A source whose requests are spread out, repeated with growing pauses, and given up for a while
 * when most of them fail. What the source says itself of when to come again is obeyed. Not
 * thread-safe, but for {@link #isOpen}.
 */
public final class ResilientSource implements PageSource {

  private static final int WINDOW = 20;
  private static final int LEAST_REQUESTS = 10;
  private static final float FAILURE_PERCENT = 50;
  private static final double GROWTH = 2;
  private static final double JITTER = 0.5;

  private final PageSource source;
  private final FetchListener listener;
  private final io.turnstile.feeds.config.Retry settings;
  private final RateLimiter limiter;
  private final CircuitBreaker breaker;
  private final Retry retry;

  /**
   * @param source closed with this
   */
  public ResilientSource(Feed feed, PageSource source, FetchListener listener) {
    this.source = source;
    this.listener = listener;
    settings = feed.config().retry();
    long period = (long) (TimeUnit.SECONDS.toNanos(1) / feed.config().rate());
    limiter =
        RateLimiter.of(
            feed.name(),
            RateLimiterConfig.custom()
                .limitForPeriod(1)
                .limitRefreshPeriod(Duration.ofNanos(period))
                // There is one who waits, never for longer than the period.
                .timeoutDuration(Duration.ofNanos(period).multipliedBy(2))
                .build());
    breaker =
        CircuitBreaker.of(
            feed.name(),
            CircuitBreakerConfig.custom()
                .slidingWindowSize(WINDOW)
                .minimumNumberOfCalls(LEAST_REQUESTS)
                .failureRateThreshold(FAILURE_PERCENT)
                .waitDurationInOpenState(settings.most())
                .permittedNumberOfCallsInHalfOpenState(1)
                .recordException(failure -> isPassing(failure) && !isEarly(failure))
                .build());
    IntervalFunction pause =
        IntervalFunction.ofExponentialRandomBackoff(
            settings.first().toMillis(), GROWTH, JITTER, settings.most().toMillis());
    retry =
        Retry.of(
            feed.name(),
            RetryConfig.<Page>custom()
                .maxAttempts(settings.attempts())
                .retryOnException(this::isWorthRepeating)
                .intervalBiFunction(
                    (attempt, outcome) ->
                        Math.max(pause.apply(attempt), askedFor(outcome.getLeft())))
                .build());
  }

  private static boolean isPassing(Throwable failure) {
    return failure instanceof SourceException e && e.cure() == Cure.REPEAT;
  }

  private static boolean isEarly(Throwable failure) {
    return failure instanceof SourceException e && e.isEarly();
  }

  /** A pause that the source asks for and that is too long for here is the caller's. */
  private boolean isWorthRepeating(Throwable failure) {
    return isPassing(failure) && askedFor(failure) <= settings.most().toMillis();
  }

  private static long askedFor(Throwable failure) {
    return failure instanceof SourceException e && e.retryAfter() != null
        ? e.retryAfter().toMillis()
        : 0;
  }

  /** Returns whether the source is left alone because most requests failed. */
  public boolean isOpen() {
    return breaker.getState() == CircuitBreaker.State.OPEN;
  }

  @Override
  public Page fetch(PageRequest request) throws SourceException, InterruptedException {
    try {
      return retry.executeCallable(() -> breaker.executeCallable(() -> attempt(request)));
    } catch (CallNotPermittedException e) {
      throw SourceException.busy(
          "most requests failed; the circuit breaker is open", settings.most());
    } catch (SourceException | InterruptedException | RuntimeException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("a source throws nothing else", e);
    }
  }

  private Page attempt(PageRequest request) throws SourceException, InterruptedException {
    RateLimiter.waitForPermission(limiter);
    long begun = System.nanoTime();
    try {
      Page page = source.fetch(request);
      listener.fetched(System.nanoTime() - begun, null);
      return page;
    } catch (SourceException e) {
      if (!e.isEarly()) {
        listener.fetched(System.nanoTime() - begun, e);
      }
      throw e;
    }
  }

  @Override
  public void close() {
    source.close();
  }
}
