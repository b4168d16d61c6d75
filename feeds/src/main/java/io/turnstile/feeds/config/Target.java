package io.turnstile.feeds.config;

import com.fasterxml.jackson.annotation.JsonProperty;

/** The reference topic that a feed writes. */
public enum Target {
  /** Products. */
  @JsonProperty("inventory")
  INVENTORY,

  /** Customers. */
  @JsonProperty("customers")
  CUSTOMERS
}
