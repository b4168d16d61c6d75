package io.turnstile.gateway;

import static io.turnstile.gateway.Api.body;
import static io.turnstile.gateway.Api.problem;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.turnstile.events.RejectionReason;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GetVerdictTest {

  @RegisterExtension private final GatewayExtension gateway = new GatewayExtension();

  @Test
  void answerIsThatOfTheRequest() throws Exception {
    Api api = gateway.start();
    HttpResponse<String> accepted = api.post(gateway.token("c-1"), body("t-1", "c-1", 7));
    HttpResponse<String> duplicate = api.post(gateway.token("c-1"), body("t-1", "c-1", 7));
    HttpResponse<String> conflict = api.post(gateway.token("c-1"), body("t-1", "c-1", 8));
    assertSame(api.get("/v1/verdicts/3/0", gateway.token("c-1")), accepted);
    assertSame(api.get("/v1/verdicts/3/1", gateway.token("c-1")), duplicate);
    assertSame(api.get("/v1/verdicts/3/2", gateway.token("c-1")), conflict);
  }

  private static void assertSame(HttpResponse<String> asked, HttpResponse<String> answered) {
    assertThat(asked.statusCode()).isEqualTo(answered.statusCode());
    assertThat(asked.body()).isEqualTo(answered.body());
  }

  @Test
  void verdictIsPendingUntilItIsCommitted() throws Exception {
    Api api = gateway.start(http -> http.answerTimeout(Duration.ofMillis(50)), settings -> {});
    gateway.topics().hold();
    HttpResponse<String> pending = api.post(gateway.token("c-1"), body("t-1", "c-1", 7));
    HttpResponse<String> asked = api.get("/v1/verdicts/3/0", gateway.token("c-1"));
    assertSame(asked, pending);
    assertThat(asked.statusCode()).isEqualTo(202);
  }

  @Test
  void anotherCustomerIsToldNothing() throws Exception {
    Api api = gateway.start();
    api.post(gateway.token("c-1"), body("t-1", "c-1", 7));
    HttpResponse<String> theirs = api.get("/v1/verdicts/3/0", gateway.token("c-2"));
    HttpResponse<String> nobodys = api.get("/v1/verdicts/3/1", gateway.token("c-2"));
    assertThat(theirs.statusCode()).isEqualTo(404);
    assertSame(theirs, nobodys);
  }

  @Test
  void tokenMustBeGoodNow() throws Exception {
    Api api = gateway.start();
    api.post(gateway.token("c-1"), body("t-1", "c-1", 7));
    assertThat(api.get("/v1/verdicts/3/0", null).statusCode()).isEqualTo(401);
    HttpResponse<String> expired = api.get("/v1/verdicts/3/0", gateway.expiredToken("c-1"));
    assertThat(expired.statusCode()).isEqualTo(401);
    assertThat(problem(expired).get("reason").textValue())
        .isEqualTo(RejectionReason.TOKEN_EXPIRED.name());
    assertThat(api.get("/v1/verdicts/3/0", gateway.forgedToken("c-1")).statusCode()).isEqualTo(401);
  }

  @ParameterizedTest
  @ValueSource(strings = {"x/0", "3/x", "-1/0", "3/-1", "3/9999999999999999999", "4/0", "3/", "/"})
  void positionThatIsNoneIsNotFound(String position) throws Exception {
    Api api = gateway.start();
    api.post(gateway.token("c-1"), body("t-1", "c-1", 7));
    assertThat(api.get("/v1/verdicts/" + position, gateway.token("c-1")).statusCode())
        .isEqualTo(404);
  }

  @Test
  void lookUpsAreLimited() throws Exception {
    Api api = gateway.start(http -> {}, settings -> settings.unprovenRate(1));
    api.post(gateway.token("c-1"), body("t-1", "c-1", 7));
    String token = gateway.token("c-1");
    await().until(() -> api.get("/v1/verdicts/3/0", token).statusCode() == 429);
  }
}
