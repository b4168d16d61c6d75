package io.turnstile.bench.http;

import io.turnstile.events.ProductCodec;
import io.turnstile.simulator.SimulatedEvent.ProductUpdate;
import io.turnstile.simulator.http.WebhookClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Clock;
import java.util.function.Supplier;

/** Sends products to a gateway, by signed webhooks in batches. */
public final class WebhookExport {

  private static final String PATH = "/v1/inventory";

  /** Less than a gateway takes in one; made-up products are ASCII. */
  private static final int BATCH_CHARACTERS = 900_000;

  private WebhookExport() {}

  /**
   * Sends them, and returns when all are in their topic.
   *
   * @param next null at the end
   * @throws IOException if a batch is refused, or the gateway does not answer for long
   */
  public static void send(LocalGateway gateway, Supplier<ProductUpdate> next)
      throws IOException, InterruptedException {
    String secret = Files.readString(gateway.webhookSecrets()).strip();
    WebhookClient webhooks = new WebhookClient(gateway.address(), secret, Clock.systemUTC());
    StringBuilder batch = new StringBuilder();
    for (ProductUpdate update = next.get(); update != null; update = next.get()) {
      batch.append(batch.isEmpty() ? '[' : ',');
      batch.append(new String(ProductCodec.encode(update.product()), StandardCharsets.UTF_8));
      if (batch.length() > BATCH_CHARACTERS) {
        webhooks.deliver(PATH, batch.append(']').toString());
        batch.setLength(0);
      }
    }
    if (!batch.isEmpty()) {
      webhooks.deliver(PATH, batch.append(']').toString());
    }
  }
}
