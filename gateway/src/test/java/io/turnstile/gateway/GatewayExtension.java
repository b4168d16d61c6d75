package io.turnstile.gateway;

import com.nimbusds.jose.jwk.JWK;
import io.turnstile.clients.TokenClaims;
import io.turnstile.clients.TokenSigner;
import io.turnstile.decision.token.TokenSettings;
import io.turnstile.events.CarriedFields;
import io.turnstile.events.TopicNames;
import io.turnstile.gateway.http.HttpSettings;
import io.turnstile.gateway.http.HttpSettingsBuilder;
import io.turnstile.gateway.webhook.WebhookSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A gateway on a free port of the loopback interface, in front of {@link FakeTopics}. */
public final class GatewayExtension implements BeforeEachCallback, AfterEachCallback {

  public static final String SECRET = "0123456789abcdef0123456789abcdef";

  private static final Duration LIFETIME = Duration.ofHours(1);

  private Path directory;
  private TokenSigner signer;
  private TokenSigner forger;
  private FakeTopics topics;
  private Gateway gateway;
  private Api api;

  @Override
  public void beforeEach(ExtensionContext context) throws Exception {
    directory = Files.createTempDirectory("gateway-test");
    signer = signer("signing-key.json", "jwks.json");
    forger = signer("forged-key.json", "forged-jwks.json");
    topics = new FakeTopics();
  }

  private TokenSigner signer(String key, String jwks) throws Exception {
    JWK jwk = TokenSigner.generateKey(directory.resolve(key), directory.resolve(jwks));
    return new TokenSigner(jwk, LIFETIME, new TokenClaims(null, null, null));
  }

  /** Starts it with the defaults of a test. */
  public Api start() throws Exception {
    return start(http -> {}, settings -> {});
  }

  /** Starts it with other settings. */
  public Api start(Consumer<HttpSettingsBuilder> http, Consumer<GatewaySettingsBuilder> settings)
      throws Exception {
    HttpSettingsBuilder server =
        HttpSettingsBuilder.builder()
            .host("127.0.0.1")
            .port(0)
            .eventLoops(1)
            .maxConnections(100)
            .maxInFlight(50)
            .maxBodyMemory(1 << 20)
            .maxHeaderBytes(8_192)
            .requestTimeout(Duration.ofSeconds(30))
            .idleTimeout(Duration.ofSeconds(30))
            .answerTimeout(Duration.ofSeconds(30))
            .drain(Duration.ZERO);
    http.accept(server);
    HttpSettings built = server.build();
    GatewaySettingsBuilder all =
        GatewaySettingsBuilder.builder()
            .http(built)
            .topics(TopicNames.DEFAULT)
            .tokens(
                new TokenSettings(
                    directory.resolve("jwks.json").toString(),
                    Set.of("ES256"),
                    1_000,
                    Duration.ofSeconds(30),
                    Duration.ofMinutes(5)))
            .carried(CarriedFields.NONE)
            .maxBodyBytes(4_096)
            .customerRate(1_000)
            .customerBurst(1_000)
            .customerInFlight(1_000)
            .unprovenRate(1_000)
            .webhooks(
                new WebhookSettings(List.of(SECRET), Duration.ofMinutes(5), 100_000, 1_000_000));
    settings.accept(all);
    gateway = Gateway.start(all.build(), topics, topics, topics, Clock.systemUTC());
    api = new Api(gateway.port());
    return api;
  }

  public FakeTopics topics() {
    return topics;
  }

  public Gateway gateway() {
    return gateway;
  }

  /** A good token. */
  public String token(String customerId) {
    return signer.sign(customerId, Instant.now());
  }

  /** One that another key has signed. */
  public String forgedToken(String customerId) {
    return forger.sign(customerId, Instant.now());
  }

  /** One that has expired. */
  public String expiredToken(String customerId) {
    return signer.sign(customerId, Instant.now().minus(LIFETIME.multipliedBy(2)));
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    if (gateway != null) {
      gateway.close();
    }
    if (api != null) {
      api.close();
    }
    try (var files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }
}
