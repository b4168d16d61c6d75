package io.turnstile.feeds.sync;

import static io.turnstile.feeds.TestFeeds.product;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.turnstile.feeds.TestFeeds;
import io.turnstile.feeds.config.Feed;
import io.turnstile.feeds.mapping.RecordMapper;
import io.turnstile.feeds.publish.FeedState;
import io.turnstile.feeds.publish.SyncRequest;
import io.turnstile.feeds.source.SourceException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PullerTest {

  private static final String HTTP = "http-pages: {url: 'http://shop.example'}\n";

  @TempDir private Path directory;

  private final FakeSource source = new FakeSource();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final TestClock clock = new TestClock();
  private FakePublication publication;
  private Feed feed;
  private Puller puller;

  private static final class TestClock extends Clock {
    private long millis = 1_000_000;

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return Instant.ofEpochMilli(millis);
    }
  }

  @BeforeEach
  void start() throws Exception {
    use(TestFeeds.products(directory, HTTP));
  }

  private void use(Feed other) throws Exception {
    feed = other;
    publication = new FakePublication(feed.fingerprint());
    restart();
  }

  /** As after a crash: what was not committed is gone. */
  private void restart() throws Exception {
    publication.takeOver();
    puller =
        new Puller(
            feed,
            RecordMapper.of(feed),
            source,
            publication,
            new FeedMetrics(registry, feed.name(), feed.config().schedule().every()),
            clock);
  }

  private void sync() throws InterruptedException {
    long syncs = publication.state().totals().syncs();
    while (publication.state().totals().syncs() == syncs) {
      puller.step();
      clock.millis += 10;
    }
  }

  private void syncLater() throws InterruptedException {
    clock.millis += Duration.ofDays(2).toMillis();
    sync();
  }

  private double count(String outcome) {
    Counter counter = registry.find("turnstile.feeds.records").tag("outcome", outcome).counter();
    return counter == null ? 0 : counter.count();
  }

  @Test
  void pageAndItsCursorAreOneCommit() throws Exception {
    source.pages(List.of(product("a", 1)), List.of(product("b", 1)));
    assertThat(puller.step()).isEqualTo(Duration.ZERO);
    assertThat(publication.commits()).isEqualTo(1);
    assertThat(publication.log()).containsExactly("a@1");
    assertThat(publication.state().sync().position()).isEqualTo("1");
    puller.step();
    assertThat(publication.log()).containsExactly("a@1", "b@1");
    assertThat(publication.state().sync()).isNull();
    assertThat(publication.state().totals()).isEqualTo(new FeedState.Totals(1, 2, 2, 0, 0));
  }

  @Test
  void restartGoesOnAtTheCursor() throws Exception {
    source.pages(List.of(product("a", 1)), List.of(product("b", 1)), List.of(product("c", 1)));
    puller.step();
    restart();
    puller.step();
    restart();
    puller.step();
    assertThat(source.requests())
        .extracting(each -> each.position())
        .containsExactly(null, "1", "2");
    assertThat(publication.log()).containsExactly("a@1", "b@1", "c@1");
  }

  @Test
  void nextSyncComesWhenItIsTime() throws Exception {
    source.pages(List.of(product("a", 1)));
    sync();
    assertThat(puller.step()).isEqualTo(Duration.ofMillis(990));
    assertThat(source.requests()).hasSize(1);
    clock.millis += 990;
    puller.step();
    assertThat(source.requests()).hasSize(2);
  }

  @Test
  void onlyWhatIsNewIsPublished() throws Exception {
    source.pages(List.of(product("a", 1), product("b", 5)));
    sync();
    restart();
    source.pages(
        List.of(product("a", 2), product("b", 4)),
        List.of(product("b", 5), product("b", 5).replace("12.5", "13"), product("c", 1)));
    syncLater();
    assertThat(publication.log()).containsExactly("a@1", "b@5", "a@2", "c@1");
    assertThat(count("conflict")).isEqualTo(1);
    assertThat(count("unchanged")).isEqualTo(2);
  }

  @Test
  void ofSeveralVersionsInAPageTheHighestIsPublished() throws Exception {
    source.pages(List.of(product("a", 1), product("a", 3), product("a", 2)));
    sync();
    assertThat(publication.log()).containsExactly("a@3");
  }

  @Test
  void generatedVersionRisesWithTheContentOnly() throws Exception {
    use(
        TestFeeds.of(
            directory,
            TestFeeds.PRODUCTS.replace(": /version", ": {generated: read-time}")
                + TestFeeds.SWIFT
                + HTTP.indent(4)));
    source.pages(List.of(product("a", 0), product("b", 0)));
    sync();
    restart();
    clock.millis = 0;
    source.pages(List.of(product("a", 0), product("b", 0).replace("12.5", "13")));
    publication.request(new SyncRequest(1, true));
    sync();
    assertThat(publication.log()).containsExactly("a@1000000", "b@1000000", "b@1000001");
  }

  @Test
  void malformedRecordIsLeftOutAndCounted() throws Exception {
    source.pages(List.of(product("a", 1), "{\"id\": \"b\"}", "5"));
    sync();
    assertThat(publication.log()).containsExactly("a@1");
    assertThat(publication.state().totals().malformed()).isEqualTo(2);
    assertThat(count("malformed_missing")).isEqualTo(2);
  }

  @Test
  void flaggedRecordIsDeletedOnce() throws Exception {
    use(TestFeeds.products(directory, HTTP + "deletes: {flag: /gone}\n"));
    String gone = "{\"id\": \"a\", \"gone\": true}";
    source.pages(List.of(product("a", 1), product("b", 1)));
    sync();
    source.pages(List.of(gone, product("b", 1)));
    syncLater();
    restart();
    syncLater();
    source.pages(List.of(product("a", 1), product("b", 1)));
    syncLater();
    assertThat(publication.log()).containsExactly("a@1", "b@1", "-a");
    assertThat(count("conflict")).isEqualTo(1);
    source.pages(List.of(product("a", 2)));
    syncLater();
    assertThat(publication.log()).containsExactly("a@1", "b@1", "-a", "a@2");
  }

  @Test
  void oldPageNeitherDeletesNorBringsBack() throws Exception {
    use(TestFeeds.products(directory, HTTP + "deletes: {flag: /gone}\n"));
    source.pages(List.of(product("a", 3), product("b", 3)));
    sync();
    String gone = "{\"id\": \"%s\", \"gone\": true, \"version\": %d}";
    source.pages(List.of(gone.formatted("a", 5), gone.formatted("b", 2)));
    syncLater();
    restart();
    source.pages(List.of(product("a", 4), product("b", 3)));
    syncLater();
    source.pages(List.of(gone.formatted("a", 5), product("a", 4)));
    syncLater();
    assertThat(publication.log()).containsExactly("a@3", "b@3", "-a");
    assertThat(count("conflict")).isZero();
  }

  @Test
  void absentRecordThatComesBackIsPublishedUnderItsVersion() throws Exception {
    deletingAbsent(1);
    source.pages(List.of(product("b", 1)));
    syncLater();
    restart();
    source.pages(List.of(product("a", 1), product("b", 1)));
    syncLater();
    assertThat(publication.log()).containsExactly("-a", "-c", "a@1");
  }

  /** From its begin, it says what was true once. */
  @Test
  void topicIsNotReadFromItsBeginBecauseOfTime() throws Exception {
    use(TestFeeds.products(directory, "topic: {bootstrap_servers: 'k:1', name: t}\n"));
    source.reached("7");
    source.pages(List.of(product("a", 1), product("a", 2), "-a"));
    sync();
    syncLater();
    assertThat(source.requests().get(1).since()).isEqualTo("7");
    publication.request(new SyncRequest(5, true));
    sync();
    assertThat(source.requests().get(2).since()).isNull();
  }

  @Test
  void generatedVersionIsHigherThanWhatIsInTheTopic() throws Exception {
    use(
        TestFeeds.of(
            directory,
            TestFeeds.PRODUCTS.replace(": /version", ": {generated: read-time}")
                + TestFeeds.SWIFT
                + HTTP.indent(4)));
    clock.millis = 5_000_000;
    source.pages(List.of(product("a", 0)));
    sync();
    publication.forget(feed.fingerprint());
    restart();
    clock.millis = 1_000;
    source.pages(List.of(product("a", 0).replace("12.5", "13")));
    sync();
    assertThat(publication.log()).containsExactly("a@5000000", "a@5000001");
  }

  private void deletingAbsent(int syncs) throws Exception {
    use(TestFeeds.products(directory, HTTP + "deletes: {absent_syncs: " + syncs + "}\n"));
    source.pages(List.of(product("a", 1)), List.of(product("b", 1)), List.of(product("c", 1)));
    sync();
    publication.log().clear();
  }

  @Test
  void absentRecordIsDeletedAfterSoManySyncs() throws Exception {
    deletingAbsent(2);
    source.pages(List.of(product("a", 1)), List.of(product("c", 1)));
    syncLater();
    assertThat(publication.log()).isEmpty();
    source.pages(List.of(product("a", 1)), List.of(product("b", 1)));
    syncLater();
    assertThat(publication.log()).isEmpty();
    source.pages(List.of(product("b", 1)));
    syncLater();
    assertThat(publication.log()).containsExactly("-c");
    syncLater();
    assertThat(publication.log()).containsExactly("-c", "-a");
  }

  @Test
  void syncThatWasTakenOverDeletesNothing() throws Exception {
    deletingAbsent(1);
    source.pages(List.of(product("a", 1)), List.of(product("c", 1)));
    clock.millis += Duration.ofDays(1).toMillis();
    puller.step();
    restart();
    sync();
    assertThat(publication.log()).isEmpty();
    syncLater();
    assertThat(publication.log()).containsExactly("-b");
  }

  /** The source has not changed when the second of two syncs comes. */
  @Test
  void absentRecordIsDeletedThoughTheSourceStaysAsItIs() throws Exception {
    deletingAbsent(2);
    source.pages(List.of(product("a", 1)), List.of(product("c", 1)));
    syncLater();
    restart();
    syncLater();
    assertThat(publication.log()).isEmpty();
    syncLater();
    assertThat(publication.log()).containsExactly("-b");
    int requests = source.requests().size();
    syncLater();
    assertThat(source.requests()).hasSize(requests + 1);
  }

  /** The first page, whose validator it was, is not what was read in the end. */
  @Test
  void syncThatBeginsAgainForgetsWhatItHadRead() throws Exception {
    source.pages(List.of(product("a", 1)), List.of(product("b", 1)));
    puller.step();
    source.fail(SourceException.expired("the file has changed while it was read"));
    sync();
    assertThat(publication.log()).containsExactly("a@1", "b@1");
  }

  @Test
  void syncWithAMalformedRecordDeletesNothing() throws Exception {
    deletingAbsent(1);
    source.pages(List.of(product("a", 1), "{}"), List.of(product("c", 1)));
    syncLater();
    assertThat(publication.log()).isEmpty();
  }

  @Test
  void emptySyncDeletesNothing() throws Exception {
    deletingAbsent(1);
    source.pages(List.of());
    syncLater();
    assertThat(publication.log()).isEmpty();
  }

  @Test
  void unchangedSourceDeletesNothing() throws Exception {
    deletingAbsent(1);
    syncLater();
    assertThat(publication.log()).isEmpty();
    assertThat(source.requests().get(source.requests().size() - 1).validator()).isEqualTo("v1");
  }

  @Test
  void incrementalSyncAsksForChangesAndDeletesNothingAbsent() throws Exception {
    use(TestFeeds.products(directory, HTTP + "deletes: {absent_syncs: 1}\n"));
    source.pages(List.of(product("a", 1), product("b", 7)));
    source.reached("7");
    sync();
    source.pages(List.of(product("a", 8)));
    source.reached("8");
    clock.millis += Duration.ofHours(1).toMillis();
    sync();
    assertThat(source.requests().get(1).since()).isEqualTo("7");
    assertThat(publication.log()).containsExactly("a@1", "b@7", "a@8");
    source.pages(List.of(product("b", 7)));
    clock.millis += Duration.ofDays(1).toMillis();
    sync();
    assertThat(source.requests().get(2).since()).isNull();
    assertThat(publication.log()).endsWith("a@8", "-a");
    assertThat(publication.state().since()).isEqualTo("8");
  }

  @Test
  void wishForAFullSyncIsAnsweredOnce() throws Exception {
    source.pages(List.of(product("a", 1)));
    source.reached("7");
    sync();
    publication.request(new SyncRequest(5, true));
    sync();
    assertThat(source.requests().get(1).since()).isNull();
    assertThat(source.requests().get(1).validator()).isNull();
    assertThat(puller.step()).isPositive();
    publication.request(new SyncRequest(6, false));
    sync();
    assertThat(source.requests().get(2).since()).isEqualTo("7");
  }

  @Test
  void expiredCursorBeginsTheSyncAgainAndRepeatsNothing() throws Exception {
    deletingAbsent(1);
    source.pages(List.of(product("a", 1)), List.of(product("c", 2)));
    clock.millis += Duration.ofDays(1).toMillis();
    puller.step();
    source.fail(SourceException.expired("the cursor has expired"));
    sync();
    assertThat(publication.log()).containsExactly("c@2", "-b");
    assertThat(publication.state().failure()).isNull();
  }

  @Test
  void failureIsNotedOnceAndTheCursorStays() throws Exception {
    source.pages(List.of(product("a", 1)), List.of(product("b", 1)));
    puller.step();
    for (int i = 0; i < 3; i++) {
      source.fail(SourceException.passing("HTTP 503"));
      assertThat(puller.step()).isEqualTo(Duration.ofMillis(20));
    }
    assertThat(publication.commits()).isEqualTo(2);
    assertThat(publication.state().failure().message()).isEqualTo("HTTP 503");
    restart();
    sync();
    assertThat(publication.log()).containsExactly("a@1", "b@1");
    assertThat(publication.state().failure()).isNull();
  }

  @Test
  void pauseThatTheSourceAsksForIsTaken() throws Exception {
    source.fail(SourceException.busy("HTTP 429", Duration.ofHours(1)));
    assertThat(puller.step()).isEqualTo(Duration.ofHours(1));
  }

  @Test
  void anotherConfigurationBeginsFromTheFirstPage() throws Exception {
    source.pages(List.of(product("a", 1)), List.of(product("b", 1)));
    source.reached("7");
    puller.step();
    feed = new Feed(feed.name(), feed.config(), "other");
    restart();
    puller.step();
    assertThat(source.requests().get(1).position()).isNull();
    assertThat(source.requests().get(1).since()).isNull();
    assertThat(publication.log()).containsExactly("a@1");
    assertThat(publication.state().fingerprint()).isEqualTo("other");
  }
}
