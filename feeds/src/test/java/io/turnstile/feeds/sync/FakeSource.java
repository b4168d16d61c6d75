package io.turnstile.feeds.sync;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.turnstile.feeds.source.Page;
import io.turnstile.feeds.source.PageRequest;
import io.turnstile.feeds.source.PageSource;
import io.turnstile.feeds.source.SourceException;
import io.turnstile.feeds.source.SourceRecord;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;

/**
 * A source whose pages are as they were set; a position is the number of a page, the validator that
 * of a change.
 */
final class FakeSource implements PageSource {

  private static final ObjectMapper JSON = new ObjectMapper();

  private List<List<String>> pages = List.of();
  private final Queue<SourceException> failures = new ArrayDeque<>();
  private final List<PageRequest> requests = new ArrayList<>();
  private String reached;
  private int changes;

  /** Sets the pages, each with its records' JSON, or {@code -key} of one that is deleted. */
  @SafeVarargs
  final FakeSource pages(List<String>... all) {
    pages = new ArrayList<>();
    for (List<String> page : all) {
      pages.add(page);
    }
    changes++;
    return this;
  }

  void fail(SourceException failure) {
    failures.add(failure);
  }

  void reached(String value) {
    reached = value;
  }

  List<PageRequest> requests() {
    return requests;
  }

  @Override
  public Page fetch(PageRequest request) throws SourceException {
    requests.add(request);
    SourceException failure = failures.poll();
    if (failure != null) {
      throw failure;
    }
    String validator = "v" + changes;
    if (validator.equals(request.validator())) {
      return new Page(List.of(), null, request.reached(), request.validator(), true);
    }
    int number = request.position() == null ? 0 : Integer.parseInt(request.position());
    List<SourceRecord> records = new ArrayList<>();
    for (String json : pages.get(number)) {
      try {
        records.add(
            json.startsWith("-")
                ? SourceRecord.deleted(json.substring(1))
                : SourceRecord.of(JSON.readTree(json)));
      } catch (JsonProcessingException e) {
        throw new IllegalArgumentException(e);
      }
    }
    String next = number + 1 < pages.size() ? Integer.toString(number + 1) : null;
    return new Page(records, next, reached, validator, false);
  }

  @Override
  public void close() {
    // Nothing is open.
  }
}
