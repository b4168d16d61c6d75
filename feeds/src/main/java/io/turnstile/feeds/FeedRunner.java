package io.turnstile.feeds;

import io.micrometer.core.instrument.MeterRegistry;
import io.turnstile.clients.CheckFailedException;
import io.turnstile.feeds.config.Feed;
import io.turnstile.feeds.config.FeedFileException;
import io.turnstile.feeds.mapping.RecordMapper;
import io.turnstile.feeds.publish.KafkaPublication;
import io.turnstile.feeds.publish.Leadership;
import io.turnstile.feeds.publish.StateTopic;
import io.turnstile.feeds.source.ResilientSource;
import io.turnstile.feeds.sync.FeedMetrics;
import io.turnstile.feeds.sync.Puller;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one feed on a thread of its own: waits until no other runner works for it, takes it over,
 * pulls, and begins again whenever Kafka fails or another runner has taken over.
 */
final class FeedRunner implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(FeedRunner.class);

  private static final Duration SLICE = Duration.ofSeconds(1);
  private static final Duration PAUSE = Duration.ofSeconds(5);
  private static final Duration GRACE = Duration.ofSeconds(3);

  private final Feed feed;
  private final RunSettings settings;
  private final RecordMapper mapper;
  private final StateTopic states;
  private final FeedMetrics metrics;
  private final Supplier<Leadership> leaderships;
  private final Thread thread;
  private volatile boolean stopped;

  /**
   * @param broken is told of what no further try cures, as memory that does not suffice; the runner
   *     has ended then
   * @throws FeedFileException if the feed's mapping is wrong
   */
  FeedRunner(Feed feed, RunSettings settings, MeterRegistry registry, Consumer<Throwable> broken)
      throws FeedFileException {
    this(feed, settings, registry, broken, null);
  }

  /**
   * @param leaderships null for those of Kafka
   */
  FeedRunner(
      Feed feed,
      RunSettings settings,
      MeterRegistry registry,
      Consumer<Throwable> broken,
      Supplier<Leadership> leaderships)
      throws FeedFileException {
    this.feed = feed;
    this.settings = settings;
    mapper = RecordMapper.of(feed);
    states = new StateTopic(settings.client(), settings.stateTopic(), settings.patience());
    metrics = new FeedMetrics(registry, feed.name(), feed.config().schedule().every());
    this.leaderships =
        leaderships != null
            ? leaderships
            : () ->
                new Leadership(
                    settings.client(),
                    states,
                    feed.name(),
                    settings.instance(),
                    settings.takeOver());
    thread = new Thread(this::run, "feed-" + feed.name());
    thread.setUncaughtExceptionHandler(
        (ended, error) -> {
          LOG.error("feed={} ends", feed.name(), error);
          broken.accept(error);
        });
  }

  void start() {
    thread.start();
  }

  private void run() {
    while (!stopped) {
      try (Leadership leadership = leaderships.get()) {
        LOG.info("feed={} waits until no other runner works for it", feed.name());
        while (!stopped) {
          if (leadership.await(SLICE)) {
            work(leadership);
          }
        }
      } catch (InterruptedException e) {
        // close() was called.
      } catch (CheckFailedException e) {
        beginAgain(e.getMessage());
      } catch (KafkaException e) {
        beginAgain(e.toString());
      } catch (RuntimeException e) {
        // A fault in here: the other feeds go on, and what was committed stands.
        if (!stopped) {
          LOG.error("feed={} begins again", feed.name(), e);
          pause();
        }
      } finally {
        metrics.working(false);
      }
    }
  }

  private void beginAgain(String reason) {
    if (!stopped) {
      LOG.warn("feed={} begins again: {}", feed.name(), reason);
      pause();
    }
  }

  private void work(Leadership leadership) throws InterruptedException {
    String topic = feed.config().into().topic(settings.topics(), settings.topicPrefix());
    try (ResilientSource source = new ResilientSource(feed, Sources.of(feed), metrics);
        KafkaPublication publication =
            KafkaPublication.open(
                settings.client(), feed, mapper, topic, states, leadership, settings.patience())) {
      LOG.info("feed={} works: {} records are there", feed.name(), publication.records().size());
      metrics.breaker(source::isOpen);
      metrics.tookOver(publication.state().completedAt(), System.currentTimeMillis());
      metrics.known(publication.records().size());
      metrics.working(true);
      Puller puller = new Puller(feed, mapper, source, publication, metrics, Clock.systemUTC());
      while (!stopped && leadership.await(Duration.ZERO)) {
        Duration wait = puller.step();
        long begun = System.nanoTime();
        long asked = publication.request().at();
        while (!stopped
            && publication.request().at() == asked
            && System.nanoTime() - begun < wait.toNanos()
            && leadership.await(shorter(wait.minusNanos(System.nanoTime() - begun)))) {
          // Waits.
        }
      }
    } finally {
      metrics.working(false);
      metrics.breaker(() -> false);
    }
  }

  private static Duration shorter(Duration wait) {
    return wait.isNegative() ? Duration.ZERO : wait.compareTo(SLICE) < 0 ? wait : SLICE;
  }

  private void pause() {
    try {
      TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
    } catch (InterruptedException e) {
      // close() was called.
    }
  }

  /** Has it end after the page that is being published, and does not wait for it. */
  void stop() {
    stopped = true;
  }

  /** Ends after the page that is being published, if Kafka takes it. */
  @Override
  public void close() {
    stop();
    try {
      // Interrupted in Kafka's client, it could not say that it leaves.
      thread.join(GRACE.toMillis());
      thread.interrupt();
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
