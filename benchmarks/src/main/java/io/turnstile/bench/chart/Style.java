package io.turnstile.bench.chart;

import java.util.List;
import java.util.Map;

/**
 * How a line is drawn. Colours differ for colour-blind readers, too (Okabe and Ito), and the dashes
 * tell lines apart without colour.
 *
 * @param dashes as SVG has them; empty for a solid line
 */
public record Style(String colour, String dashes) {

  private static final List<Style> STYLES =
      List.of(
          new Style("#0072b2", ""),
          new Style("#d55e00", "7 3"),
          new Style("#009e73", "2 2"),
          new Style("#6b6b6b", "9 3 2 3"),
          new Style("#cc79a7", "5 2"),
          new Style("#8c6d00", "1 2"),
          new Style("#3aa3dc", "10 2"));

  private static final Map<String, Integer> OF_ENGINE =
      Map.of("turnstile", 0, "turnstile-2pc", 1, "kafka-streams", 2, "kafka-limit", 3);

  /** The n-th style, from 0; they recur. */
  public static Style of(int n) {
    return STYLES.get(n % STYLES.size());
  }

  /** The style of an engine, the same in every report; of one unknown, that of its place. */
  public static Style ofEngine(String engine, int place) {
    return of(OF_ENGINE.getOrDefault(engine, OF_ENGINE.size() + place));
  }
}
