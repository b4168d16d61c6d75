package io.turnstile.feeds;

import io.turnstile.feeds.config.Feed;
import io.turnstile.feeds.config.FeedFile;
import io.turnstile.feeds.config.FeedFileException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Feeds for tests, read as a runner reads them. */
public final class TestFeeds {

  /** A mapping of products whose fields are named as the contract's. */
  public static final String PRODUCTS =
      """
          into: inventory
          mapping:
            product_id: /id
            name: /name
            category: {at: /category, default: ""}
            unit_price: {at: /price, as: minor-units}
            currency: {constant: EUR}
            stock: /stock
            version: /version
            updated_at: /version
      """;

  /** Pauses that no test waits for. */
  public static final String SWIFT =
      """
          retry: {attempts: 3, first: 1ms, most: 20ms}
          rate: 10000
          schedule: {every: 1s}
      """;

  private TestFeeds() {}

  /**
   * The feed {@code shop} of a file.
   *
   * @param body its lines, indented by four
   */
  public static Feed of(Path directory, String body) throws FeedFileException {
    return FeedFile.read(file(directory, body)).get(0);
  }

  /** The same with products at a URL. */
  public static Feed products(Path directory, String source) throws FeedFileException {
    return of(directory, PRODUCTS + SWIFT + source.indent(4));
  }

  /** Writes a file of the feed {@code shop}. */
  public static Path file(Path directory, String body) {
    try {
      return Files.writeString(directory.resolve("feeds.yaml"), "feeds:\n  shop:\n" + body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A product of the API, of version and price. */
  public static String product(String id, long version) {
    return """
        {"id": "%s", "name": "n-%s", "price": 12.5, "stock": 3, "version": %d}"""
        .formatted(id, id, version);
  }
}
