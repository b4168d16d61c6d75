package io.turnstile.feeds.config;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonPointer;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * An HTTP API that gives JSON, page by page.
 *
 * @param url of the first page, without what paging adds
 * @param records where the array of records is in a page
 * @param paging how the pages follow one another
 * @param incremental how to ask for changes only; null if all syncs are full
 * @param headers sent with every request
 * @param auth how to log in; null if there is no need
 * @param connectTimeout for a connection
 * @param readTimeout for a request, from its begin to the end of its answer
 * @param maxPageBytes of an answer; a longer one is refused
 */
public record HttpPages(
    URI url,
    JsonPointer records,
    Paging paging,
    Incremental incremental,
    Map<String, String> headers,
    Auth auth,
    Duration connectTimeout,
    Duration readTimeout,
    Integer maxPageBytes) {

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration READ_TIMEOUT = Duration.ofSeconds(30);
  private static final Duration LONGEST_TIMEOUT = Duration.ofMinutes(5);
  private static final int MAX_PAGE_BYTES = 4 << 20;

  /** What is null becomes the default. */
  public HttpPages {
    records = requireNonNullElse(records, JsonPointer.empty());
    paging = requireNonNullElse(paging, Paging.NONE);
    headers = headers == null ? Map.of() : Map.copyOf(headers);
    connectTimeout = requireNonNullElse(connectTimeout, CONNECT_TIMEOUT);
    readTimeout = requireNonNullElse(readTimeout, READ_TIMEOUT);
    maxPageBytes = requireNonNullElse(maxPageBytes, MAX_PAGE_BYTES);
    if (readTimeout.isZero() || readTimeout.compareTo(LONGEST_TIMEOUT) > 0) {
      throw new IllegalArgumentException("'read_timeout' must be more than 0 and at most 5m");
    }
    if (url.getHost() == null) {
      throw new IllegalArgumentException("'url' has no valid host");
    }
    headers.forEach((name, value) -> HttpRequest.newBuilder().setHeader(name, value));
    if (url.getUserInfo() != null) {
      throw new IllegalArgumentException("'url' has a user in it; say it under 'auth'");
    }
  }

  /** How pages follow one another. */
  public enum By {
    /** There is one page. */
    @JsonProperty("none")
    NONE,
    /** Pages are numbered. */
    @JsonProperty("page")
    PAGE,
    /** A page begins behind so many records. */
    @JsonProperty("offset")
    OFFSET,
    /** A page names the next one. */
    @JsonProperty("cursor")
    CURSOR,
    /** The header {@code Link} has the address of the next page. */
    @JsonProperty("link")
    LINK
  }

  /**
   * How pages follow one another.
   *
   * @param by the way
   * @param parameter of a request: the page's number, offset or cursor
   * @param first number of the first page
   * @param next where the next cursor is in a page; nothing, null or empty text in the last one
   * @param sizeParameter of a request: records in a page; null if it is not asked for
   * @param size records in a page
   * @param expired status codes of a cursor that is not valid any more
   */
  public record Paging(
      By by,
      String parameter,
      Integer first,
      JsonPointer next,
      String sizeParameter,
      Integer size,
      List<Integer> expired) {

    private static final int SIZE = 100;
    private static final int GONE = 410;

    static final Paging NONE = new Paging(By.NONE, null, null, null, null, null, null);

    /** What is null becomes the default. */
    public Paging {
      parameter =
          requireNonNullElse(
              parameter, by == By.PAGE ? "page" : by == By.OFFSET ? "offset" : "cursor");
      first = requireNonNullElse(first, by == By.PAGE ? 1 : 0);
      size = requireNonNullElse(size, SIZE);
      expired = expired == null ? List.of(GONE) : List.copyOf(expired);
      if (by == By.CURSOR && next == null) {
        throw new IllegalArgumentException("'next' is needed: where the next cursor is in a page");
      }
    }
  }

  /**
   * How to ask for changes only.
   *
   * @param parameter of a request: since when
   * @param field place in a record of what the parameter is compared with; grows with every change
   */
  public record Incremental(String parameter, JsonPointer field) {}

  /**
   * How to log in; one of them.
   *
   * @param bearer a token
   * @param basic user and password
   * @param apiKey a key in a header
   * @param oauth client credentials
   */
  public record Auth(Bearer bearer, Basic basic, ApiKey apiKey, OAuth oauth) {

    /** {@code Authorization: Bearer}, with the token in the file. */
    public record Bearer(String tokenFile) {}

    /** {@code Authorization: Basic}. */
    public record Basic(String user, String passwordFile) {}

    /** A header of its own. */
    public record ApiKey(String header, String keyFile) {}

    /** A token that is fetched with the client's own credentials. */
    public record OAuth(URI tokenUrl, String clientId, String clientSecretFile, String scope) {}
  }
}
