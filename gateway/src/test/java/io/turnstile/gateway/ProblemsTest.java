package io.turnstile.gateway;

import static io.turnstile.gateway.Api.body;
import static io.turnstile.gateway.Api.problem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.turnstile.events.RejectionReason;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is wrong gets the right status and one clear problem, of a type that the manual has. */
class ProblemsTest {

  private static final Path MANUAL =
      Path.of(System.getProperty("turnstile.home"), "docs", "gateway.md");

  @RegisterExtension private final GatewayExtension gateway = new GatewayExtension();

  private static void expect(HttpResponse<String> answer, int status, String type)
      throws Exception {
    assertThat(answer.statusCode()).as(type).isEqualTo(status);
    JsonNode problem = problem(answer);
    assertThat(problem.get("type").textValue()).isEqualTo("urn:turnstile:problem:" + type);
    for (String text : new String[] {"title", "detail"}) {
      assertThat(problem.get(text).textValue()).as(type).isNotBlank().doesNotContain("\n");
    }
    assertThat(MANUAL).content().contains("`" + type + "`");
  }

  @Test
  void wrongToken() throws Exception {
    Api api = gateway.start();
    expect(api.post(null, body("t-1", "c-1", 1)), 401, "token-missing");
    gateway.topics().rejectFor(RejectionReason.TOKEN_INVALID);
    HttpResponse<String> forged = api.post(gateway.forgedToken("c-1"), body("t-1", "c-1", 1));
    expect(forged, 401, "token-invalid");
    gateway.topics().rejectFor(RejectionReason.TOKEN_EXPIRED);
    HttpResponse<String> expired = api.post(gateway.expiredToken("c-1"), body("t-1", "c-1", 1));
    expect(expired, 401, "token-expired");
    assertThat(expired.headers().firstValue("WWW-Authenticate")).isPresent();
  }

  @Test
  void wrongBody() throws Exception {
    Api api = gateway.start();
    String token = gateway.token("c-1");
    expect(api.post(token, "{"), 422, "contract-violation");
    expect(api.post(token, "{}"), 422, "contract-violation");
    byte[] bytes = body("t-1", "c-1", 1).getBytes(StandardCharsets.UTF_8);
    expect(
        api.send("POST", "/v1/transactions", bytes, "Authorization", "Bearer " + token),
        415,
        "unsupported-media-type");
  }

  @Test
  void wrongSize() throws Exception {
    Api api = gateway.start();
    String large = body("t-1", "c-1", 1) + " ".repeat(10_000);
    expect(api.post(gateway.token("c-1"), large), 413, "body-too-large");
  }

  @Test
  void wrongRate() throws Exception {
    Api api = gateway.start(http -> {}, settings -> settings.unprovenRate(1));
    HttpResponse<String> answer;
    do {
      answer = api.post(gateway.forgedToken("c-1"), body("t-1", "c-1", 1));
    } while (answer.statusCode() != 429);
    expect(answer, 429, "rate-limited");
    assertThat(answer.headers().firstValue("Retry-After")).isPresent();
  }

  @Test
  void wrongKey() throws Exception {
    Api api = gateway.start();
    String token = gateway.token("c-1");
    String body = body("t-1", "c-1", 1);
    expect(api.post(token, body, "Idempotency-Key", "t-2"), 422, "contract-violation");
    expect(api.post(token, body, "Idempotency-Key", "\"t-1"), 400, "malformed-request");
    String forged = WebhookTest.signature("another secret", Instant.now(), "{}");
    HttpResponse<String> webhook =
        api.send(
            "POST",
            "/v1/inventory",
            "{}".getBytes(StandardCharsets.UTF_8),
            "Content-Type",
            "application/json",
            "Turnstile-Signature",
            forged);
    expect(webhook, 401, "signature-invalid");
    assertThat(gateway.topics().appended()).isEmpty();
  }
}
