package io.turnstile.feeds.source.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.turnstile.feeds.TestFeeds;
import io.turnstile.feeds.source.Page;
import io.turnstile.feeds.source.PageRequest;
import io.turnstile.feeds.source.SourceException;
import io.turnstile.feeds.source.SourceException.Cure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HttpPageSourceTest {

  @TempDir private Path directory;

  private FakeApi api;

  @BeforeEach
  void start() throws IOException {
    api = new FakeApi();
  }

  @AfterEach
  void stop() {
    api.close();
  }

  private HttpPageSource source(String more) throws Exception {
    return new HttpPageSource(
        TestFeeds.products(
            directory, "http-pages:\n  url: " + api.url() + "/p?shop=1\n" + more.indent(2)));
  }

  private static PageRequest at(String position) {
    return new PageRequest(position, null, null, null);
  }

  /** Reads all pages. */
  private static List<String> ids(HttpPageSource source) throws Exception {
    List<String> ids = new ArrayList<>();
    String position = null;
    do {
      Page page = source.fetch(at(position));
      page.records().forEach(record -> ids.add(record.value().path("id").asText()));
      position = page.next();
    } while (position != null);
    return ids;
  }

  private List<String> uris() {
    return api.requests().stream().map(FakeApi.Request::uri).toList();
  }

  @Test
  void pagesAreNumberedUntilOneIsEmpty() throws Exception {
    api.then(200, "{\"items\":[{\"id\":1},{\"id\":2}]}")
        .then(200, "{\"items\":[{\"id\":3}]}")
        .then(200, "{\"items\":[]}");
    HttpPageSource source =
        source("records: /items\npaging: {by: page, size_parameter: per_page, size: 2}");
    assertThat(ids(source)).containsExactly("1", "2", "3");
    assertThat(uris())
        .containsExactly(
            "/p?shop=1&per_page=2&page=1",
            "/p?shop=1&per_page=2&page=2",
            "/p?shop=1&per_page=2&page=3");
  }

  /** A source may give fewer than it was asked for. */
  @Test
  void offsetGrowsByWhatCame() throws Exception {
    api.then(200, "[{\"id\":1},{\"id\":2}]").then(200, "[{\"id\":3}]").then(200, "[]");
    assertThat(ids(source("paging: {by: offset, parameter: from}"))).containsExactly("1", "2", "3");
    assertThat(uris()).containsExactly("/p?shop=1&from=0", "/p?shop=1&from=2", "/p?shop=1&from=3");
  }

  @Test
  void cursorIsFollowedUntilThereIsNone() throws Exception {
    api.then(200, "{\"r\":[{\"id\":1}],\"next\":\"a b&c\"}")
        .then(200, "{\"r\":[],\"next\":\"d\"}")
        .then(200, "{\"r\":[{\"id\":2}],\"next\":null}");
    assertThat(ids(source("records: /r\npaging: {by: cursor, next: /next}")))
        .containsExactly("1", "2");
    assertThat(uris())
        .containsExactly("/p?shop=1", "/p?shop=1&cursor=a+b%26c", "/p?shop=1&cursor=d");
  }

  @Test
  void linkIsFollowedToTheSamePlaceOnly() throws Exception {
    api.then(
            200,
            "[{\"id\":1}]",
            "Link",
            "</first>; rel=\"first\", </p?page=2,3>; title=\"x\"; rel=\"next last\"")
        .then(200, "[{\"id\":2}]", "Link", "<http://elsewhere.example/p>; rel=next");
    HttpPageSource source = source("paging: {by: link}");
    Page first = source.fetch(PageRequest.FIRST);
    assertThat(first.next()).isEqualTo(api.url() + "/p?page=2,3");
    SourceException failure =
        catchThrowableOfType(SourceException.class, () -> source.fetch(at(first.next())));
    assertThat(failure.cure()).isEqualTo(Cure.CHANGE);
    assertThat(failure).hasMessageContaining("elsewhere.example");
    assertThat(uris()).containsExactly("/p?shop=1", "/p?page=2,3");
  }

  @Test
  void linkMayBeInTheBody() throws Exception {
    api.then(200, "{\"r\":[{\"id\":1}],\"next\":\"?page=2\"}").then(200, "{\"r\":[{\"id\":2}]}");
    assertThat(ids(source("records: /r\npaging: {by: link, next: /next}")))
        .containsExactly("1", "2");
    assertThat(uris()).containsExactly("/p?shop=1", "/p?page=2");
  }

  @Test
  void pageThatComesAgainIsNoOtherPage() throws Exception {
    api.then(200, "[{\"id\":1}]").then(200, "[{\"id\":1}]").then(200, "[{\"id\":2}]");
    HttpPageSource source = source("paging: {by: page}");
    String second = source.fetch(PageRequest.FIRST).next();
    assertThat(catchThrowableOfType(SourceException.class, () -> source.fetch(at(second))).cure())
        .isEqualTo(Cure.REPEAT);
    assertThat(source.fetch(at(second)).records()).hasSize(1);
  }

  /** What is beside the records may differ, as the time of the answer does. */
  @Test
  void pageWithTheRecordsOfTheOneBeforeIsNoOtherPage() throws Exception {
    api.then(200, "{\"r\":[{\"id\":1}],\"at\":1}").then(200, "{\"r\":[{\"id\":1}],\"at\":2}");
    HttpPageSource source = source("records: /r\npaging: {by: page}");
    String second = source.fetch(PageRequest.FIRST).next();
    assertThat(catchThrowableOfType(SourceException.class, () -> source.fetch(at(second))).cure())
        .isEqualTo(Cure.REPEAT);
  }

  @Test
  void cursorsThatGoInACircleAreNoticed() throws Exception {
    HttpPageSource source = source("records: /r\npaging: {by: cursor, next: /next}");
    for (String next : List.of("a", "b", "c", "b", "c")) {
      api.then(200, "{\"r\":[],\"next\":\"%s\"}".formatted(next));
    }
    assertThat(source.fetch(PageRequest.FIRST).next()).isEqualTo("a");
    for (String position : List.of("a", "b", "c")) {
      source.fetch(at(position));
    }
    SourceException failure =
        catchThrowableOfType(SourceException.class, () -> source.fetch(at("b")));
    assertThat(failure).hasMessageContaining("circle");
    assertThat(failure.cure()).isEqualTo(Cure.BEGIN_AGAIN);
  }

  @Test
  void cursorThatNamesItselfIsRefused() throws Exception {
    api.then(200, "{\"r\":[],\"next\":\"a\"}");
    HttpPageSource source = source("records: /r\npaging: {by: cursor, next: /next}");
    assertThat(catchThrowableOfType(SourceException.class, () -> source.fetch(at("a"))).cure())
        .isEqualTo(Cure.REPEAT);
  }

  @Test
  void expiredCursorBeginsAgain() throws Exception {
    api.then(410, "").then(410, "");
    HttpPageSource source = source("paging: {by: cursor, next: /next}");
    assertThat(catchThrowableOfType(SourceException.class, () -> source.fetch(at("a"))).cure())
        .isEqualTo(Cure.BEGIN_AGAIN);
    assertThat(
            catchThrowableOfType(SourceException.class, () -> source.fetch(PageRequest.FIRST))
                .cure())
        .isEqualTo(Cure.CHANGE);
  }

  @Test
  void unchangedPageIsAskedForByItsTag() throws Exception {
    api.then(200, "[{\"id\":1}]", "ETag", "\"v1\"").then(304, "");
    HttpPageSource source = source("");
    String validator = source.fetch(PageRequest.FIRST).validator();
    Page again = source.fetch(new PageRequest(null, null, null, validator));
    assertThat(again.unchanged()).isTrue();
    assertThat(again.records()).isEmpty();
    assertThat(api.requests().get(1).header("If-none-match")).isEqualTo("\"v1\"");
  }

  @Test
  void unchangedPageIsAskedForByItsDate() throws Exception {
    String date = "Wed, 21 Oct 2026 07:28:00 GMT";
    api.then(200, "[]", "Last-Modified", date).then(304, "");
    HttpPageSource source = source("");
    String validator = source.fetch(PageRequest.FIRST).validator();
    assertThat(source.fetch(new PageRequest(null, null, null, validator)).unchanged()).isTrue();
    assertThat(api.requests().get(1).header("If-modified-since")).isEqualTo(date);
  }

  /** A record of the first page may change, to 10, before the second is read, which has 11. */
  @Test
  void changesAreAskedForSinceWhatWasThereWhenTheLastSyncBegan() throws Exception {
    api.then(200, "[{\"id\":1,\"v\":9},{\"id\":2,\"v\":7}]")
        .then(200, "[{\"id\":3,\"v\":11}]")
        .then(200, "[]")
        .then(200, "[{\"id\":1,\"v\":10},{\"id\":3,\"v\":11}]")
        .then(200, "[]")
        .then(200, "[]");
    HttpPageSource source =
        source("paging: {by: page}\nincremental: {parameter: since, field: /v}");
    String since = null;
    for (int sync = 0; sync < 3; sync++) {
      Page page = null;
      do {
        page =
            source.fetch(
                new PageRequest(
                    page == null ? null : page.next(),
                    since,
                    page == null ? null : page.reached(),
                    null));
      } while (page.next() != null);
      since = page.reached();
    }
    assertThat(uris())
        .containsExactly(
            "/p?shop=1&page=1",
            "/p?shop=1&page=2",
            "/p?shop=1&page=3",
            "/p?shop=1&since=9&page=1",
            "/p?shop=1&since=9&page=2",
            "/p?shop=1&since=11&page=1");
  }

  @Test
  void valueWithoutBoundsIsNotAskedForSince() throws Exception {
    api.then(
        200,
        "[{\"v\":7},{\"v\":1e999999999},{\"v\":1e-999999999},{\"v\":\"%s\"}]"
            .formatted("8".repeat(257)));
    HttpPageSource source = source("incremental: {parameter: since, field: /v}");
    assertThat(source.fetch(PageRequest.FIRST).reached()).isEqualTo("[\"7\",\"7\"]");
  }

  @Test
  void textsAreComparedAsTexts() throws Exception {
    api.then(200, "[{\"v\":\"2026-02\"},{\"v\":\"2026-01\"},{\"v\":null},{}]").then(200, "[]");
    HttpPageSource source = source("incremental: {parameter: since, field: /v}");
    String since = source.fetch(PageRequest.FIRST).reached();
    source.fetch(new PageRequest(null, since, null, null));
    assertThat(uris()).containsExactly("/p?shop=1", "/p?shop=1&since=2026-02");
  }

  @ParameterizedTest
  @CsvSource({
    "400, CHANGE",
    "401, CHANGE",
    "403, CHANGE",
    "404, CHANGE",
    "408, REPEAT",
    "429, REPEAT",
    "500, REPEAT",
    "503, REPEAT",
    "302, CHANGE",
    "304, CHANGE"
  })
  void statusSaysWhatHelps(int status, Cure cure) throws Exception {
    api.then(status, "", "Location", "/elsewhere");
    HttpPageSource source = source("");
    assertThat(
            catchThrowableOfType(SourceException.class, () -> source.fetch(PageRequest.FIRST))
                .cure())
        .isEqualTo(cure);
    assertThat(api.requests()).hasSize(1);
  }

  @Test
  void retryAfterIsSecondsOrADate() throws Exception {
    String date =
        DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.now(ZoneOffset.UTC).plusHours(1));
    api.then(429, "", "Retry-After", "7")
        .then(503, "", "Retry-After", date)
        .then(503, "", "Retry-After", "soon")
        .then(503, "", "Retry-After", "999999999")
        .then(503, "", "Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT");
    HttpPageSource source = source("");
    assertThat(retryAfter(source)).isEqualTo(Duration.ofSeconds(7));
    assertThat(retryAfter(source)).isBetween(Duration.ofMinutes(50), Duration.ofHours(1));
    assertThat(retryAfter(source)).isNull();
    assertThat(retryAfter(source)).isEqualTo(Duration.ofDays(1));
    assertThat(retryAfter(source)).isEqualTo(Duration.ofDays(1));
  }

  private static Duration retryAfter(HttpPageSource source) {
    return catchThrowableOfType(SourceException.class, () -> source.fetch(PageRequest.FIRST))
        .retryAfter();
  }

  @Test
  void bodyThatIsCutOffIsAskedForAgain() throws Exception {
    api.then(200, "[{\"id\":1},{\"id")
        .then(
            exchange -> {
              exchange.sendResponseHeaders(200, 1_000);
              exchange.getResponseBody().write('[');
              exchange.getResponseBody().flush();
            });
    HttpPageSource source = source("");
    for (int i = 0; i < 2; i++) {
      SourceException failure =
          catchThrowableOfType(SourceException.class, () -> source.fetch(PageRequest.FIRST));
      assertThat(failure.cure()).isEqualTo(Cure.REPEAT);
      assertThat(failure).hasMessageNotContaining("id");
    }
  }

  @Test
  void bodyThatIsTooLongIsRefused() throws Exception {
    api.then(200, "[" + " ".repeat(5_000) + "]");
    HttpPageSource source = source("max_page_bytes: 1024");
    assertThat(catchThrowableOfType(SourceException.class, () -> source.fetch(PageRequest.FIRST)))
        .hasMessageContaining("1024")
        .extracting(SourceException::cure)
        .isEqualTo(Cure.CHANGE);
  }

  /** A time-out that ends with the head of the answer would not see it. */
  @Test
  void bodyThatDoesNotComeIsGivenUp() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    api.then(
        exchange -> {
          exchange.sendResponseHeaders(200, 1_000);
          exchange.getResponseBody().write('[');
          exchange.getResponseBody().flush();
          try {
            over.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    HttpPageSource source = source("read_timeout: 300ms");
    try {
      assertThat(catchThrowableOfType(SourceException.class, () -> source.fetch(PageRequest.FIRST)))
          .hasMessageContaining("300 ms");
    } finally {
      over.countDown();
    }
  }

  @Test
  void pageWithoutTheArrayIsRefused() throws Exception {
    api.then(200, "{\"items\":{}}");
    HttpPageSource source = source("records: /items");
    assertThat(catchThrowableOfType(SourceException.class, () -> source.fetch(PageRequest.FIRST)))
        .hasMessageContaining("no array at '/items'");
  }

  @Test
  void sourceThatIsAwayIsAskedAgain() throws Exception {
    HttpPageSource source = source("");
    api.close();
    assertThat(
            catchThrowableOfType(SourceException.class, () -> source.fetch(PageRequest.FIRST))
                .cure())
        .isEqualTo(Cure.REPEAT);
  }

  private String secret(String text) throws IOException {
    return Files.writeString(directory.resolve("secret"), text + "\n").toString();
  }

  private String authorization(String auth, String header) throws Exception {
    api.then(200, "[]");
    source("auth: " + auth).fetch(PageRequest.FIRST);
    return api.requests().get(api.requests().size() - 1).header(header);
  }

  @Test
  void loginIsAsTheSourceWantsIt() throws Exception {
    String file = secret("s-1");
    assertThat(authorization("{bearer: {token_file: '" + file + "'}}", "Authorization"))
        .isEqualTo("Bearer s-1");
    assertThat(authorization("{basic: {user: u, password_file: '" + file + "'}}", "Authorization"))
        .isEqualTo("Basic " + Base64.getEncoder().encodeToString("u:s-1".getBytes(UTF_8)));
    assertThat(authorization("{api_key: {header: X-Key, key_file: '" + file + "'}}", "X-key"))
        .isEqualTo("s-1");
  }

  @Test
  void renewedSecretIsUsedAtOnce() throws Exception {
    String file = secret("s-1");
    api.then(200, "[]").then(200, "[]");
    HttpPageSource source = source("auth: {bearer: {token_file: '" + file + "'}}");
    source.fetch(PageRequest.FIRST);
    secret("s-2");
    source.fetch(PageRequest.FIRST);
    assertThat(api.requests().get(1).header("Authorization")).isEqualTo("Bearer s-2");
  }

  @Test
  void tokenIsFetchedOnceAndAgainWhenItIsRefused() throws Exception {
    String token = "{\"access_token\":\"t-%d\",\"expires_in\":3600}";
    api.then(200, token.formatted(1))
        .then(200, "[]")
        .then(200, "[]")
        .then(401, "")
        .then(200, token.formatted(2))
        .then(200, "[]");
    HttpPageSource source =
        source(
            "auth: {oauth: {token_url: '%s/token', client_id: 'a b', client_secret_file: '%s',"
                    .formatted(api.url(), secret("s:1"))
                + " scope: r}}");
    for (int i = 0; i < 3; i++) {
      source.fetch(PageRequest.FIRST);
    }
    assertThat(uris())
        .containsExactly("/token", "/p?shop=1", "/p?shop=1", "/p?shop=1", "/token", "/p?shop=1");
    assertThat(api.requests().get(0).body()).isEqualTo("grant_type=client_credentials&scope=r");
    assertThat(api.requests().get(0).header("Authorization"))
        .isEqualTo("Basic " + Base64.getEncoder().encodeToString("a+b:s%3A1".getBytes(UTF_8)));
    assertThat(api.requests().get(5).header("Authorization")).isEqualTo("Bearer t-2");
  }

  @Test
  void tokenThatIsNoHeaderIsNotRepeatedInTheMessage() throws Exception {
    api.then(200, "{\"access_token\":\"t-1\\n\"}");
    HttpPageSource source = oauth();
    assertThat(catchThrowableOfType(SourceException.class, () -> source.fetch(PageRequest.FIRST)))
        .hasMessageContaining("token_url")
        .hasMessageNotContaining("t-1")
        .extracting(SourceException::cure)
        .isEqualTo(Cure.CHANGE);
  }

  @Test
  void tokenMayBeValidForAnyTime() throws Exception {
    for (String expires : List.of("9223372036854775807", "-9223372036854775808")) {
      api.then(200, "{\"access_token\":\"t\",\"expires_in\":" + expires + "}").then(200, "[]");
      assertThat(oauth().fetch(PageRequest.FIRST).records()).isEmpty();
    }
  }

  private HttpPageSource oauth() throws Exception {
    return source(
        "auth: {oauth: {token_url: '%s/token', client_id: a, client_secret_file: '%s'}}"
            .formatted(api.url(), secret("s-1")));
  }

  @Test
  void refusedClientIsSaidWithoutItsSecret() throws Exception {
    api.then(400, "{\"error\":\"invalid_client s-1\"}");
    HttpPageSource source =
        source(
            "auth: {oauth: {token_url: '%s/token', client_id: a, client_secret_file: '%s'}}"
                .formatted(api.url(), secret("s-1")));
    assertThat(catchThrowableOfType(SourceException.class, () -> source.fetch(PageRequest.FIRST)))
        .hasMessage("no token from token_url: HTTP 400");
  }
}
