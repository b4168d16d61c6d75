package io.turnstile.feeds.source.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.turnstile.feeds.config.Feed;
import io.turnstile.feeds.config.HttpPages;
import io.turnstile.feeds.config.HttpPages.By;
import io.turnstile.feeds.config.HttpPages.Incremental;
import io.turnstile.feeds.source.Page;
import io.turnstile.feeds.source.PageRequest;
import io.turnstile.feeds.source.PageSource;
import io.turnstile.feeds.source.SourceException;
import io.turnstile.feeds.source.SourceRecord;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Pages of an HTTP API. A position is a number, a cursor or an address, as paging has it. */
public final class HttpPageSource implements PageSource {

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private static final int OK = 200;
  private static final int NO_CONTENT = 204;
  private static final int NOT_MODIFIED = 304;
  private static final int UNAUTHORIZED = 401;

  /** Begins a validator that is an entity tag; another one is a date. */
  private static final String TAG = "etag ";

  private static final String DATE = "date ";

  private final HttpPages settings;
  private final NextPage nextPage;
  private final HttpExchange exchange;
  private final Login login;

  /** The last page with records, to notice one that comes again. */
  private String lastPosition;

  private String lastRecords;
  private final Circle circle = new Circle();

  /** Asks nothing yet. */
  public HttpPageSource(Feed feed) {
    settings = feed.config().httpPages();
    nextPage = new NextPage(settings);
    exchange =
        new HttpExchange(
            feed.name(),
            settings.connectTimeout(),
            settings.readTimeout(),
            settings.maxPageBytes());
    login = Login.of(settings.auth(), exchange);
  }

  @Override
  public Page fetch(PageRequest request) throws SourceException, InterruptedException {
    HttpResponse<byte[]> answer = exchange.send(request(request));
    if (answer.statusCode() == UNAUTHORIZED && login.refused()) {
      answer = exchange.send(request(request));
    }
    int status = answer.statusCode();
    if (status == NOT_MODIFIED && request.validator() != null) {
      return new Page(List.of(), null, reached(request), request.validator(), true);
    }
    if (nextPage.expires(request.position(), status)) {
      throw SourceException.expired("HTTP " + status + ": the cursor has expired");
    }
    if (status == NO_CONTENT) {
      return new Page(List.of(), null, reached(request), null, false);
    }
    if (status != OK) {
      throw HttpExchange.failure(answer);
    }
    return page(request, answer);
  }

  private static String reached(PageRequest request) {
    return request.position() == null ? request.since() : request.reached();
  }

  private HttpRequest request(PageRequest page) throws SourceException, InterruptedException {
    HttpRequest.Builder request = HttpRequest.newBuilder(address(page)).GET();
    request.setHeader("Accept", "application/json");
    settings.headers().forEach(request::setHeader);
    if (page.validator() != null && settings.paging().by() == By.NONE) {
      request.setHeader(
          page.validator().startsWith(TAG) ? "If-None-Match" : "If-Modified-Since",
          page.validator().substring(TAG.length()));
    }
    login.addTo(request);
    return request.build();
  }

  private URI address(PageRequest page) {
    HttpPages.Paging paging = settings.paging();
    if (paging.by() == By.LINK && page.position() != null) {
      return URI.create(page.position());
    }
    Map<String, String> parameters = new LinkedHashMap<>();
    Incremental incremental = settings.incremental();
    String since = Watermark.decode(page.since()).since();
    if (incremental != null && since != null) {
      parameters.put(incremental.parameter(), since);
    }
    if (paging.sizeParameter() != null) {
      parameters.put(paging.sizeParameter(), Integer.toString(paging.size()));
    }
    if (paging.by() == By.PAGE || paging.by() == By.OFFSET) {
      parameters.put(paging.parameter(), Long.toString(nextPage.number(page.position())));
    } else if (paging.by() == By.CURSOR && page.position() != null) {
      parameters.put(paging.parameter(), page.position());
    }
    if (parameters.isEmpty()) {
      return settings.url();
    }
    String query =
        parameters.entrySet().stream()
            .map(each -> encoded(each.getKey()) + "=" + encoded(each.getValue()))
            .collect(Collectors.joining("&"));
    String url = settings.url().toString();
    return URI.create(url + (settings.url().getRawQuery() == null ? "?" : "&") + query);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, UTF_8);
  }

  private Page page(PageRequest request, HttpResponse<byte[]> answer) throws SourceException {
    JsonNode body;
    try {
      body = JSON.readTree(answer.body());
    } catch (IOException e) {
      // Its own message may repeat what is in the body. It may have been cut off.
      throw SourceException.passing("the body is no JSON");
    }
    JsonNode array = body.at(settings.records());
    if (!array.isArray()) {
      throw SourceException.lasting("there is no array at '" + settings.records() + "'", null);
    }
    requireAnother(request.position(), array);
    List<SourceRecord> records = new ArrayList<>(array.size());
    boolean first = request.position() == null;
    Watermark reached = Watermark.decode(reached(request));
    for (JsonNode each : array) {
      records.add(SourceRecord.of(each));
      if (settings.incremental() != null) {
        reached = reached.seen(each.at(settings.incremental().field()));
      }
    }
    if (first) {
      reached = reached.afterFirst();
    }
    String next = nextPage.after(request.position(), body, answer.headers(), array.size());
    circle.step(request.position(), next);
    return new Page(records, next, reached.encode(), validator(answer), false);
  }

  /** A page that is the one before would be taken for another, and that one be missed. */
  private void requireAnother(String position, JsonNode array) throws SourceException {
    if (array.isEmpty()) {
      return;
    }
    String records = array.toString();
    if (position != null && !position.equals(lastPosition) && records.equals(lastRecords)) {
      throw SourceException.passing("a page is the same as the one before");
    }
    lastPosition = position;
    lastRecords = records;
  }

  private String validator(HttpResponse<byte[]> answer) {
    if (settings.paging().by() != By.NONE) {
      return null;
    }
    return answer
        .headers()
        .firstValue("ETag")
        .map(tag -> TAG + tag)
        .or(() -> answer.headers().firstValue("Last-Modified").map(date -> DATE + date))
        .orElse(null);
  }

  /** Nothing to close: the client ends with its threads when nothing refers to it. */
  @Override
  public void close() {
    lastRecords = null;
  }
}
