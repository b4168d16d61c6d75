package io.turnstile.gateway.webhook;

import java.time.Duration;
import java.util.List;

/**
 * Settings of the webhooks.
 *
 * @param secrets any of which may sign; none if there are no webhooks
 * @param window by how much the time of a signature may differ from the time now
 * @param maxBatchBytes the longest body
 * @param maxInFlightBytes of all bodies that are being taken at a time
 */
public record WebhookSettings(
    List<String> secrets, Duration window, int maxBatchBytes, int maxInFlightBytes) {

  public WebhookSettings {
    secrets = List.copyOf(secrets);
  }

  /** Never prints a secret. */
  @Override
  public String toString() {
    return "WebhookSettings[" + secrets.size() + " secrets, " + window + "]";
  }
}
