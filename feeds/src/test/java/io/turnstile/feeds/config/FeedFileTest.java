package io.turnstile.feeds.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.feeds.TestFeeds;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FeedFileTest {

  private static final String HTTP = "    http-pages: {url: 'http://shop.example/products'}\n";

  @TempDir private Path directory;

  @Test
  void everythingHasADefault() throws Exception {
    FeedConfig feed = TestFeeds.of(directory, TestFeeds.PRODUCTS + HTTP).config();
    assertThat(feed.schedule().every()).isEqualTo(Duration.ofMinutes(1));
    assertThat(feed.retry().attempts()).isEqualTo(5);
    assertThat(feed.deletes()).isEqualTo(Deletes.NONE);
    assertThat(feed.httpPages().paging().by()).isEqualTo(HttpPages.By.NONE);
    assertThat(feed.httpPages().readTimeout()).isEqualTo(Duration.ofSeconds(30));
  }

  @Test
  void everyKeyOfTheSchemaIsRead() throws Exception {
    FeedConfig feed =
        TestFeeds.of(
                directory,
                TestFeeds.PRODUCTS
                    + """
                          http-pages:
                            url: https://shop.example/products
                            records: /items
                            paging: {by: cursor, parameter: c, first: 0, next: /next, size_parameter: n, size: 7, expired: [404]}
                            incremental: {parameter: since, field: /version}
                            headers: {X-Shop: a}
                            auth: {oauth: {token_url: 'https://id.example/t', client_id: i, client_secret_file: f, scope: s}}
                            connect_timeout: 2s
                            read_timeout: 3s
                            max_page_bytes: 2048
                          deletes: {flag: /deleted, tombstone: /deleted_at, absent_syncs: 2}
                          schedule: {every: 5s, full_every: 1h}
                          retry: {attempts: 2, first: 1s, most: 1m}
                          rate: 0.5
                      """)
            .config();
    assertThat(feed.httpPages().paging().expired()).containsExactly(404);
    assertThat(feed.httpPages().paging().sizeParameter()).isEqualTo("n");
    assertThat(feed.httpPages().incremental().parameter()).isEqualTo("since");
    assertThat(feed.httpPages().auth().oauth().clientSecretFile()).isEqualTo("f");
    assertThat(feed.httpPages().maxPageBytes()).isEqualTo(2048);
    assertThat(feed.deletes().absentSyncs()).isEqualTo(2);
    assertThat(feed.schedule().fullEvery()).isEqualTo(Duration.ofHours(1));
    assertThat(feed.rate()).isEqualTo(0.5);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "rat: 5 | /feeds/shop | 'rat'",
        "http-pages: {url: 'http://a/b', pagin: 1} | /feeds/shop/http-pages | 'pagin'",
        "http-pages: {url: 'ftp://a/b'} | /feeds/shop/http-pages/url | pattern",
        "http-pages: {url: 'http://me:secret@a/b'} | /feeds/shop/http-pages | auth",
        "http-pages: {url: 'http://a/b', paging: {by: cursor}} | /paging | 'next' is needed",
        "http-pages: {url: 'http://a/b', auth: {}} | /auth | 1",
        "http-pages: {url: 'http://a/b', read_timeout: 5} | /read_timeout | string",
        "http-pages: {url: 'http://a/b', read_timeout: 1d} | /http-pages | at most 5m",
        "retry: {first: 1m, most: 1s} | /retry | less than",
        "rate: 0.001 | /feeds/shop | could take 10300 s",
        "http-pages: {url: 'http://a/b', read_timeout: 5m} | /feeds/shop | could take",
        "schedule: {every: soon} | /schedule/every | pattern",
      })
  void mistakeIsNamedWithItsPlace(String line, String place, String what) {
    String source = line.startsWith("http-pages") ? "" : HTTP;
    assertThatThrownBy(
            () -> TestFeeds.of(directory, TestFeeds.PRODUCTS + source + "    " + line + "\n"))
        .isInstanceOf(FeedFileException.class)
        .hasMessageContaining(place)
        .hasMessageContaining(what)
        .hasMessageNotContaining("secret")
        .hasMessageNotContaining("\n");
  }

  @Test
  void sameKeyTwiceIsRefused() {
    assertThatThrownBy(() -> TestFeeds.of(directory, TestFeeds.PRODUCTS + HTTP + HTTP))
        .isInstanceOf(FeedFileException.class)
        .hasMessageContaining("http-pages");
  }

  @Test
  void feedWithoutSourceIsRefused() {
    assertThatThrownBy(() -> TestFeeds.of(directory, TestFeeds.PRODUCTS))
        .isInstanceOf(FeedFileException.class)
        .hasMessageContaining("needs a source: one of");
  }

  @Test
  void fileThatIsNotThereIsSaid() {
    assertThatThrownBy(() -> FeedFile.read(directory.resolve("none.yaml")))
        .isInstanceOf(FeedFileException.class)
        .hasMessageContaining("none.yaml cannot be read");
  }

  @Test
  void fingerprintChangesWithTheMappingAndNotWithScheduleAndSecrets() throws Exception {
    String one = TestFeeds.of(directory, TestFeeds.PRODUCTS + HTTP).fingerprint();
    assertThat(TestFeeds.of(directory, TestFeeds.PRODUCTS + HTTP + "    rate: 5\n").fingerprint())
        .isEqualTo(one);
    assertThat(
            TestFeeds.of(
                    directory,
                    TestFeeds.PRODUCTS
                        + "    http-pages: {auth: {bearer: {token_file: f}}, url:"
                        + " 'http://shop.example/products'}\n")
                .fingerprint())
        .isEqualTo(one);
    assertThat(
            TestFeeds.of(directory, TestFeeds.PRODUCTS.replace("EUR", "USD") + HTTP).fingerprint())
        .isNotEqualTo(one);
  }

  @Test
  void feedsAreInTheOrderOfTheFile() throws Exception {
    String feed = TestFeeds.PRODUCTS + HTTP;
    Path file =
        Files.writeString(
            directory.resolve("two.yaml"), "feeds:\n  zoo:\n" + feed + "  ant:\n" + feed);
    assertThat(FeedFile.read(file)).extracting(Feed::name).containsExactly("zoo", "ant");
  }
}
