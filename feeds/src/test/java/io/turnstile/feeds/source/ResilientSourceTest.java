package io.turnstile.feeds.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.turnstile.feeds.TestFeeds;
import io.turnstile.feeds.source.SourceException.Cure;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResilientSourceTest {

  private static final Page PAGE = new Page(List.of(), null, null, null, false);

  @TempDir private Path directory;

  private final List<String> attempts = new ArrayList<>();

  /** Fails so many times, then gives a page. */
  private final class Failing implements PageSource {
    private final SourceException failure;
    private int times;

    private Failing(SourceException failure, int times) {
      this.failure = failure;
      this.times = times;
    }

    @Override
    public Page fetch(PageRequest request) throws SourceException {
      if (times-- > 0) {
        throw failure;
      }
      return PAGE;
    }

    @Override
    public void close() {
      attempts.add("closed");
    }
  }

  private ResilientSource source(PageSource source) throws Exception {
    return new ResilientSource(
        TestFeeds.products(directory, "http-pages: {url: 'http://shop.example'}"),
        source,
        (nanos, failure) -> attempts.add(failure == null ? "ok" : failure.getMessage()));
  }

  /** Makes three attempts that hardly pause. */
  private ResilientSource quick(PageSource source) throws Exception {
    return new ResilientSource(
        TestFeeds.of(
            directory,
            TestFeeds.PRODUCTS
                + """
                      http-pages: {url: 'http://shop.example'}
                      retry: {attempts: 3, first: 1ms, most: 3m}
                      rate: 10000
                  """),
        source,
        (nanos, failure) -> attempts.add(failure == null ? "ok" : failure.getMessage()));
  }

  @Test
  void passingFailureIsTriedAgain() throws Exception {
    ResilientSource source = source(new Failing(SourceException.passing("gone"), 2));
    assertThat(source.fetch(PageRequest.FIRST)).isEqualTo(PAGE);
    assertThat(attempts).containsExactly("gone", "gone", "ok");
  }

  @Test
  void passingFailureIsGivenUpInTheEnd() throws Exception {
    ResilientSource source = source(new Failing(SourceException.passing("gone"), 9));
    assertThatThrownBy(() -> source.fetch(PageRequest.FIRST)).hasMessage("gone");
    assertThat(attempts).hasSize(3);
  }

  @Test
  void whatAPersonMustMendIsNotTriedAgain() throws Exception {
    for (SourceException failure :
        List.of(SourceException.lasting("wrong", null), SourceException.expired("old"))) {
      attempts.clear();
      ResilientSource source = source(new Failing(failure, 1));
      assertThatThrownBy(() -> source.fetch(PageRequest.FIRST)).isSameAs(failure);
      assertThat(attempts).hasSize(1);
    }
  }

  @Test
  void pauseThatTheSourceAsksForIsTaken() throws Exception {
    Duration pause = Duration.ofMillis(15);
    ResilientSource source = source(new Failing(SourceException.busy("busy", pause), 1));
    long begun = System.nanoTime();
    source.fetch(PageRequest.FIRST);
    assertThat(System.nanoTime() - begun).isGreaterThanOrEqualTo(pause.toNanos());
  }

  /** As a file that has just been written: however often that happens, nobody need look. */
  @Test
  void askingTooEarlyIsNoFailure() throws Exception {
    ResilientSource source =
        quick(new Failing(SourceException.early("early", Duration.ofMillis(1)), 60));
    for (int i = 0; i < 20; i++) {
      assertThatThrownBy(() -> source.fetch(PageRequest.FIRST)).hasMessage("early");
      assertThat(source.isOpen()).isFalse();
    }
    assertThat(attempts).isEmpty();
    source.fetch(PageRequest.FIRST);
    assertThat(attempts).containsExactly("ok");
  }

  /** It would keep the runner from saying that it lives. */
  @Test
  void longPauseIsLeftToTheCaller() throws Exception {
    ResilientSource source =
        source(new Failing(SourceException.busy("busy", Duration.ofHours(1)), 1));
    assertThat(
            catchThrowableOfType(SourceException.class, () -> source.fetch(PageRequest.FIRST))
                .retryAfter())
        .isEqualTo(Duration.ofHours(1));
    assertThat(attempts).containsExactly("busy");
  }

  @Test
  void sourceThatMostlyFailsIsLeftAlone() throws Exception {
    ResilientSource source = quick(new Failing(SourceException.passing("gone"), 1_000));
    assertThat(source.isOpen()).isFalse();
    while (!source.isOpen()) {
      assertThatThrownBy(() -> source.fetch(PageRequest.FIRST)).isInstanceOf(SourceException.class);
    }
    assertThat(attempts).hasSize(10);
    SourceException failure =
        catchThrowableOfType(SourceException.class, () -> source.fetch(PageRequest.FIRST));
    assertThat(failure).hasMessageContaining("circuit breaker");
    assertThat(failure.cure()).isEqualTo(Cure.REPEAT);
    assertThat(attempts).hasSize(10);
  }

  @Test
  void requestsAreSpreadOut() throws Exception {
    ResilientSource source =
        new ResilientSource(
            TestFeeds.of(
                directory,
                TestFeeds.PRODUCTS
                    + "    http-pages: {url: 'http://shop.example'}\n    rate: 50\n"),
            new Failing(null, 0),
            FetchListener.NONE);
    long begun = System.nanoTime();
    for (int i = 0; i < 5; i++) {
      source.fetch(PageRequest.FIRST);
    }
    // The first may come at the end of a period.
    assertThat(System.nanoTime() - begun).isGreaterThan(Duration.ofMillis(60).toNanos());
  }

  @Test
  void interruptionEndsTheWait() throws Exception {
    ResilientSource source =
        new ResilientSource(
            TestFeeds.of(
                directory, TestFeeds.PRODUCTS + "    http-pages: {url: 'http://shop.example'}\n"),
            new Failing(SourceException.passing("gone"), 9),
            FetchListener.NONE);
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> source.fetch(PageRequest.FIRST))
        .isInstanceOf(InterruptedException.class);
    assertThat(Thread.interrupted()).isFalse();
  }

  @Test
  void closesItsSource() throws Exception {
    source(new Failing(null, 0)).close();
    assertThat(attempts).containsExactly("closed");
  }
}
