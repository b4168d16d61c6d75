package io.turnstile.clients;

import java.util.Optional;

/**
 * A setting that a topic must have. Immutable.
 *
 * @param value the one that a new topic gets
 * @param bound which other values of an existing topic will do
 * @param tolerable whether a running job can go on with another value
 */
record TopicSetting(String name, String value, Bound bound, boolean tolerable) {

  enum Bound {
    EXACTLY(""),
    AT_LEAST("at least "),
    AT_MOST("at most ");

    private final String words;

    Bound(String words) {
      this.words = words;
    }

    private boolean admits(String actual, String needed) {
      return switch (this) {
        case EXACTLY -> needed.equals(actual);
        case AT_LEAST -> actual != null && Long.parseLong(actual) >= Long.parseLong(needed);
        case AT_MOST -> actual != null && Long.parseLong(actual) <= Long.parseLong(needed);
      };
    }
  }

  static TopicSetting exactly(String name, String value) {
    return new TopicSetting(name, value, Bound.EXACTLY, false);
  }

  static TopicSetting atLeast(String name, long value) {
    return new TopicSetting(name, Long.toString(value), Bound.AT_LEAST, false);
  }

  static TopicSetting atMost(String name, long value) {
    return new TopicSetting(name, Long.toString(value), Bound.AT_MOST, false);
  }

  /** The same setting, without which a running job can go on. */
  TopicSetting asTolerable() {
    return new TopicSetting(name, value, bound, true);
  }

  /**
   * Says what is wrong with a topic, with the command that mends it; empty if nothing is.
   *
   * @param actual the topic's value; null if it has none
   */
  Optional<ClusterProblem> problem(String topic, String actual) {
    if (bound.admits(actual, value)) {
      return Optional.empty();
    }
    String text =
        ("topic %s has %s=%s, not %s%s (kafka-configs.sh --bootstrap-server HOST:PORT --alter"
                + " --entity-type topics --entity-name %s --add-config %s=%s)")
            .formatted(topic, name, actual, bound.words, value, topic, name, value);
    return Optional.of(new ClusterProblem(text, tolerable));
  }
}
