package io.turnstile.bench.feeds;

import java.util.Locale;
import java.util.Map;

/**
 * The file of twelve feeds: one of each kind of source into the inventory, the customers and a
 * named reference by product.
 *
 * @param apis their ports
 * @param kafka brokers of the topics that are sources
 * @param jdbcUrl of the database whose tables are sources
 * @param directory of the CSV files
 */
record FeedText(Map<Target, Integer> apis, String kafka, String jdbcUrl, String directory) {

  /** What a feed writes, by what its source is called. */
  enum Target {
    PRODUCTS("inventory", "product_id"),
    CUSTOMERS("customers", "customer_id"),
    TARIFFS("{reference: tariff-%s, keyed_by: product}", "product_id");

    private final String into;
    private final String id;

    Target(String into, String id) {
      this.into = into;
      this.id = id;
    }

    /** As it is in names of feeds, topics, tables and files. */
    String key() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** The name of a feed: {@code http-products}. */
  static String name(String kind, Target target) {
    return kind + "-" + target.key();
  }

  /** Makes the file. */
  String text() {
    StringBuilder file = new StringBuilder("feeds:\n");
    for (Target target : Target.values()) {
      file.append(
          feed(
              "http",
              target,
              """
              http-pages:
                url: http://127.0.0.1:%d/%s
                records: /items
                paging: {by: cursor, next: /next_cursor, size_parameter: limit, size: 100}
                read_timeout: 2s
              deletes: {flag: /deleted}
              schedule: {every: 10s}
              retry: {first: 100ms, most: 1s}
              """
                  .formatted(
                      apis.get(target), target == Target.CUSTOMERS ? "customers" : "products")));
      file.append(
          feed(
              "csv",
              target,
              """
              csv: {file: '%s/%s.csv'}
              schedule: {every: 1s}
              """
                  .formatted(directory, target.key())));
      file.append(
          feed(
              "jdbc",
              target,
              """
              jdbc: {url: '%s', user: postgres, table: %s, cursor: version, key: id}
              schedule: {every: 1s}
              """
                  .formatted(jdbcUrl, target.key())));
      file.append(
          feed(
              "topic",
              target,
              """
              topic: {bootstrap_servers: '%s', name: %s}
              schedule: {every: 1s}
              """
                  .formatted(kafka, topic(target))));
    }
    return file.toString();
  }

  /** The topic that is the source of a feed. */
  static String topic(Target target) {
    return "others." + target.key();
  }

  private static String feed(String kind, Target target, String source) {
    String keys =
        "into: %s\n".formatted(target.into.formatted(kind)) + source + mapping(kind, target);
    return "  " + name(kind, target) + ":\n" + keys.indent(4);
  }

  /** The ids are not those of the load: what feeds change, it does not buy. */
  private static String mapping(String kind, Target target) {
    boolean http = kind.equals("http");
    String id = http && target == Target.CUSTOMERS ? "/name" : http ? "/title" : "/id";
    String time = http ? "{at: /updated_at, as: iso-time}" : "{at: /version, as: integer}";
    String price = http ? "/price/amount" : "/price";
    String own =
        switch (target) {
          case PRODUCTS ->
              """
                name: %s
                category: {constant: ""}
                unit_price: {at: %s, as: minor-units}
                currency: {constant: EUR}
                stock: {constant: 1}
                updated_at: %s
              """
                  .formatted(id, price, time);
          case CUSTOMERS ->
              """
                name: %s
                segment: {constant: consumer}
                country: {constant: GB}
                updated_at: %s
              """
                  .formatted(id, time);
          case TARIFFS -> "  rate: %s\n".formatted(price);
        };
    return "mapping:\n  %s: %s\n  version: {at: /version, as: integer}\n".formatted(target.id, id)
        + own;
  }
}
