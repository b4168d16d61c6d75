package io.turnstile.feeds.sync;

import io.turnstile.feeds.config.Feed;
import io.turnstile.feeds.config.Schedule;
import io.turnstile.feeds.mapping.RecordMapper;
import io.turnstile.feeds.publish.FeedState;
import io.turnstile.feeds.publish.FeedState.Failure;
import io.turnstile.feeds.publish.FeedState.Sync;
import io.turnstile.feeds.publish.FeedState.Totals;
import io.turnstile.feeds.publish.Publication;
import io.turnstile.feeds.publish.SyncRequest;
import io.turnstile.feeds.source.Page;
import io.turnstile.feeds.source.PageRequest;
import io.turnstile.feeds.source.PageSource;
import io.turnstile.feeds.source.SourceException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pulls a feed, step by step: a step fetches a page and publishes it with the feed's state, or
 * finds that there is nothing to do. Whatever ends it between two steps, another one goes on where
 * the last commit was. Not thread-safe.
 *
 * <p>A sync is <em>whole</em> if one puller has taken it from its begin to its end and could map
 * all records: only then a record that is absent from it may be deleted.
 */
public final class Puller {

  private static final Logger LOG = LoggerFactory.getLogger(Puller.class);

  private static final Duration LONGEST_WAIT = Duration.ofDays(1);

  private final Feed feed;
  private final RecordMapper mapper;
  private final PageSource source;
  private final Publication publication;
  private final FeedMetrics metrics;
  private final Clock clock;

  /** When the sync began whose first page this puller has fetched; 0 for none. */
  private long begunHere;

  /**
   * @param publication of the feed, opened for this puller
   */
  public Puller(
      Feed feed,
      RecordMapper mapper,
      PageSource source,
      Publication publication,
      FeedMetrics metrics,
      Clock clock) {
    this.feed = feed;
    this.mapper = mapper;
    this.source = source;
    this.publication = publication;
    this.metrics = metrics;
    this.clock = clock;
  }

  /**
   * Does the next step.
   *
   * @return how long there is nothing to do after it, unless somebody wishes for a sync
   * @throws org.apache.kafka.common.KafkaException if it is not known what was published; then
   *     there must be no further step
   */
  public Duration step() throws InterruptedException {
    FeedState state = publication.state();
    if (!state.fingerprint().equals(feed.fingerprint())) {
      LOG.info("feed={} the configuration has changed: begins from the first page", feed.name());
      state = state.reconfigured(feed.fingerprint());
    }
    if (state.sync() == null) {
      Duration wait = untilDue(state);
      if (!wait.isZero()) {
        return wait;
      }
      state = begin(state);
    }
    try {
      boolean first = state.sync().position() == null;
      if (first) {
        begunHere = state.sync().startedAt();
      }
      Page page =
          source.fetch(
              new PageRequest(
                  state.sync().position(),
                  state.sync().full() ? null : state.since(),
                  state.sync().reached(),
                  first ? state.validator() : null));
      publish(state, page);
      return Duration.ZERO;
    } catch (SourceException e) {
      return failed(state, e);
    } finally {
      metrics.known(publication.records().size());
    }
  }

  private Duration untilDue(FeedState state) {
    if (state.completedAt() == 0 || publication.request().at() > state.answered()) {
      return Duration.ZERO;
    }
    long due = state.completedAt() + feed.config().schedule().every().toMillis();
    // Whoever waits counts nanoseconds.
    return Duration.ofMillis(Math.min(Math.max(0, due - clock.millis()), LONGEST_WAIT.toMillis()));
  }

  private FeedState begin(FeedState state) {
    Schedule schedule = feed.config().schedule();
    SyncRequest request = publication.request();
    boolean wished = request.at() > state.answered();
    long now = clock.millis();
    // A log is no listing: from its begin, it says again what was true once.
    boolean timed =
        feed.config().topic() == null && now - state.fullAt() >= schedule.fullEvery().toMillis();
    boolean full = state.since() == null || (wished && request.full()) || timed;
    FeedState begun =
        new FeedState(
            state.fingerprint(),
            Sync.begin(full, now, full ? null : state.since()),
            state.since(),
            // Whoever wishes for a full sync does not trust what is there.
            wished && request.full() ? null : state.validator(),
            state.completedAt(),
            state.fullAt(),
            Math.max(state.answered(), request.at()),
            state.readTime(),
            state.totals(),
            state.failure());
    LOG.info("feed={} begins a {} sync", feed.name(), full ? "full" : "incremental");
    return begun;
  }

  private void publish(FeedState state, Page page) {
    Sync sync = state.sync();
    // Higher than any before, whatever the clock does.
    long readTime = Math.max(clock.millis(), state.readTime() + 1);
    if (mapper.generatesVersions()) {
      // The topic may have been written by a feed whose state is gone, by another clock.
      readTime = Math.max(readTime, publication.records().highestVersion() + 1);
    }
    PageChanges changes = new PageChanges(feed.name(), mapper, publication.records(), metrics);
    changes.add(page.records(), sync.startedAt(), readTime);
    Sync behind =
        new Sync(
            sync.full(),
            sync.startedAt(),
            page.next(),
            page.reached(),
            sync.pages() + 1,
            sync.records() + page.records().size(),
            sync.malformed() + changes.malformed());
    boolean last = page.next() == null;
    String validator = sync.position() == null ? page.validator() : state.validator();
    if (last && !page.unchanged() && !deleteAbsent(behind, changes)) {
      // What is still to be deleted needs another sync.
      validator = null;
    }
    long puts = changes.puts();
    long deletes = changes.deletes();
    long now = clock.millis();
    Totals totals = state.totals();
    FeedState next =
        new FeedState(
            state.fingerprint(),
            last ? null : behind,
            last ? behind.reached() : state.since(),
            validator,
            last ? now : state.completedAt(),
            last && sync.full() ? now : state.fullAt(),
            state.answered(),
            readTime,
            new Totals(
                totals.syncs() + (last ? 1 : 0),
                totals.pages() + 1,
                totals.published() + puts,
                totals.deleted() + deletes,
                totals.malformed() + changes.malformed()),
            null);
    publication.commit(List.copyOf(changes.changes()), next);
    changes.markSeen(sync.startedAt());
    metrics.committed(puts, deletes, now);
    if (last) {
      metrics.completed(sync.full(), now);
      LOG.info(
          "feed={} ended a {} sync: pages={} records={} malformed={}",
          feed.name(),
          sync.full() ? "full" : "incremental",
          behind.pages(),
          behind.records(),
          behind.malformed());
    }
  }

  /** Returns whether a source that stays as it is has nothing more to be deleted. */
  private boolean deleteAbsent(Sync sync, PageChanges changes) {
    Integer syncs = feed.config().deletes().absentSyncs();
    if (syncs == null) {
      return true;
    }
    boolean whole = sync.startedAt() == begunHere && sync.malformed() == 0;
    // A source that has nothing at all has lost it, more likely than not.
    if (!sync.full() || !whole || sync.records() == 0) {
      return false;
    }
    List<String> absent = publication.records().absent(sync.startedAt(), syncs);
    absent.forEach(changes::delete);
    return publication.records().missed() == absent.size();
  }

  private Duration failed(FeedState state, SourceException e) {
    Duration pause = feed.config().retry().most();
    switch (e.cure()) {
      case BEGIN_AGAIN -> {
        LOG.info("feed={} begins the sync again: {}", feed.name(), e.getMessage());
        // If the first page has expired, what it was asked for since has.
        boolean full = state.sync().full() || state.sync().position() == null;
        // What the first try has seen does not count.
        long now = Math.max(clock.millis(), state.sync().startedAt() + 1);
        Sync again = Sync.begin(full, now, full ? null : state.since());
        publication.commit(List.of(), failing(state.with(again).withoutValidator(), e));
        return feed.config().retry().first();
      }
      case REPEAT -> {
        if (e.retryAfter() != null && e.retryAfter().compareTo(pause) > 0) {
          pause = e.retryAfter();
        }
      }
      case CHANGE -> {
        // A person mends it; until then it is tried again at the same pace.
      }
    }
    Failure before = publication.state().failure();
    if (before == null || !before.message().equals(e.getMessage())) {
      LOG.warn("feed={} fails: {}", feed.name(), e.getMessage());
      // With the page that could not be read: the sync has begun.
      publication.commit(List.of(), failing(state, e));
    }
    return pause;
  }

  private FeedState failing(FeedState state, SourceException e) {
    long since = state.failure() == null ? clock.millis() : state.failure().since();
    return state.with(new Failure(since, e.getMessage()));
  }
}
