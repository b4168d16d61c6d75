package io.turnstile.feeds.source.http;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import io.turnstile.feeds.config.HttpPages;
import io.turnstile.feeds.config.HttpPages.By;
import io.turnstile.feeds.config.HttpPages.Paging;
import io.turnstile.feeds.source.SourceException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the position of the next page. Immutable. */
final class NextPage {

  private static final Pattern LINK = Pattern.compile("<([^>]*)>((?:\\s*;[^;,]*)*)");
  private static final Pattern REL =
      Pattern.compile(";\\s*rel\\s*=\\s*\"?([^\";]*)\"?", Pattern.CASE_INSENSITIVE);

  /** It is part of a record, and of a request. */
  private static final int MAX_CHARS = 8_192;

  private final URI url;
  private final Paging paging;

  NextPage(HttpPages settings) {
    url = settings.url();
    paging = settings.paging();
  }

  /**
   * The position of the page behind another.
   *
   * @param position of that page, null for the first one
   * @param records that it has
   * @return null if it is the last one
   */
  String after(String position, JsonNode body, HttpHeaders headers, int records)
      throws SourceException {
    String next =
        switch (paging.by()) {
          case NONE -> null;
          // A page that is only shorter than asked for may be what the source caps it to.
          case PAGE -> records == 0 ? null : Long.toString(number(position) + 1);
          case OFFSET -> records == 0 ? null : Long.toString(number(position) + records);
          case CURSOR -> text(body, paging.next());
          case LINK -> link(position, body, headers);
        };
    if (next != null && next.length() > MAX_CHARS) {
      throw SourceException.lasting("the next page's place has too many characters", null);
    }
    if (next != null && next.equals(position)) {
      throw SourceException.passing("a page names itself as the next one");
    }
    return next;
  }

  long number(String position) {
    return position == null ? paging.first() : Long.parseLong(position);
  }

  private String link(String position, JsonNode body, HttpHeaders headers) throws SourceException {
    String link =
        paging.next() != null
            ? text(body, paging.next())
            : headers.allValues("Link").stream()
                .map(NextPage::next)
                .filter(each -> each != null)
                .findFirst()
                .orElse(null);
    if (link == null) {
      return null;
    }
    URI next;
    try {
      URI base = position == null ? url : URI.create(position);
      // URI has the rules of before RFC 3986 for a reference that is a query only.
      next = base.resolve(link.startsWith("?") ? base.getRawPath() + link : link);
    } catch (IllegalArgumentException e) {
      throw SourceException.lasting("the address of the next page is none", e);
    }
    if (!origin(next).equals(origin(url))) {
      // Whoever writes pages must not have our secrets sent elsewhere.
      throw SourceException.lasting("the next page is at another place: " + origin(next), null);
    }
    return next.toString();
  }

  private static String origin(URI uri) {
    boolean tls = "https".equalsIgnoreCase(uri.getScheme());
    int port = uri.getPort() >= 0 ? uri.getPort() : tls ? 443 : 80;
    return (uri.getScheme() + "://" + uri.getHost() + ":" + port).toLowerCase(Locale.ROOT);
  }

  /** The target of relation {@code next} in a header, null if it has none. */
  static String next(String header) {
    Matcher links = LINK.matcher(header);
    while (links.find()) {
      Matcher relation = REL.matcher(links.group(2));
      if (relation.find()
          && Arrays.asList(relation.group(1).toLowerCase(Locale.ROOT).split("\\s+"))
              .contains("next")) {
        return links.group(1);
      }
    }
    return null;
  }

  /** Null for nothing, null and empty text. */
  private static String text(JsonNode body, JsonPointer place) {
    String text = body.at(place).asText("");
    return text.isEmpty() || body.at(place).isNull() ? null : text;
  }

  /** Whether a position that the source does not know any more can be mended by a new begin. */
  boolean expires(String position, int status) {
    return position != null
        && (paging.by() == By.CURSOR || paging.by() == By.LINK)
        && paging.expired().contains(status);
  }
}
