package io.turnstile.feeds.source.topic;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;
import java.util.TreeMap;

/**
 * A place in a topic. Immutable.
 *
 * @param topic its id: of another topic of the same name, the place is not valid
 * @param offsets of the next record, by partition
 */
record TopicPosition(String topic, Map<Integer, Long> offsets) {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Reads {@link #encode}. */
  static TopicPosition decode(String text) {
    try {
      return JSON.readValue(text, TopicPosition.class);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("no position of a topic", e);
    }
  }

  /** JSON. */
  String encode() {
    try {
      return JSON.writeValueAsString(new TopicPosition(topic, new TreeMap<>(offsets)));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a map can be written", e);
    }
  }
}
