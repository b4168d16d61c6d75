package io.turnstile.feeds.config;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.databind.JsonNode;
import io.turnstile.clients.ReferenceSpec;
import io.turnstile.clients.ReferenceSpec.KeyedBy;
import io.turnstile.events.TopicNames;
import java.util.Locale;

/**
 * The reference topic that a feed writes.
 *
 * @param keyedBy what its records are about
 * @param reference name of the named reference; null for the products or customers themselves
 * @param topic of a named reference; null for the usual one
 */
public record Target(KeyedBy keyedBy, String reference, String topic) {

  /** Products. */
  public static final Target INVENTORY = new Target(KeyedBy.PRODUCT, null, null);

  /** Customers. */
  public static final Target CUSTOMERS = new Target(KeyedBy.CUSTOMER, null, null);

  /** Reads it as the file's schema has it: a text, or an object. */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  static Target of(JsonNode node) {
    if (node.isTextual()) {
      return node.textValue().equals("inventory") ? INVENTORY : CUSTOMERS;
    }
    String keyedBy = node.path("keyed_by").asText();
    return new Target(
        KeyedBy.valueOf(keyedBy.toUpperCase(Locale.ROOT)),
        node.path("reference").asText(),
        node.path("topic").asText(null));
  }

  /**
   * The topic's name.
   *
   * @param prefix what the names of usual topics begin with
   */
  public String topic(TopicNames topics, String prefix) {
    if (reference == null) {
      return keyedBy == KeyedBy.PRODUCT ? topics.inventory() : topics.customers();
    }
    return topic == null ? ReferenceSpec.usualTopic(prefix, reference) : topic;
  }
}
