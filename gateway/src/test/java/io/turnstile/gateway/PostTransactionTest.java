package io.turnstile.gateway;

import static io.turnstile.gateway.Api.body;
import static io.turnstile.gateway.Api.problem;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.turnstile.events.CarriedFields;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import io.turnstile.gateway.stream.NotSentException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PostTransactionTest {

  @RegisterExtension private final GatewayExtension gateway = new GatewayExtension();

  @Test
  void acceptedTransactionIsAnsweredWithItsFieldsAndThePositionOfItsInput() throws Exception {
    Api api = gateway.start();
    HttpResponse<String> answer = api.post(gateway.token("c-1"), body("t-1", "c-1", 1998));
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body())
        .isEqualTo(
            "{\"outcome\":\"accepted\",\"transaction_id\":\"t-1\",\"customer_id\":\"c-1\","
                + "\"product_id\":\"p-1\",\"quantity\":2,\"amount\":1998,\"currency\":\"EUR\","
                + "\"occurred_at\":5,\"source_partition\":3,\"source_offset\":0,"
                + "\"received_at\":1800000000000,\"decided_at\":1800000000007}");
  }

  /** The gateway adds nothing to a transaction, and takes nothing from it but what is no field. */
  @Test
  void recordIsTheTransactionOfTheContractWithTheToken() throws Exception {
    Api api = gateway.start();
    String token = gateway.token("c-1");
    String sent = body("t-1", "c-1", 7).replace("}", ",\"token\":\"x\",\"other\":[1]}");
    assertThat(api.post(token, sent).statusCode()).isEqualTo(200);
    ProducerRecord<byte[], byte[]> record = gateway.topics().appended().get(0);
    assertThat(record.topic()).isEqualTo("transactions");
    assertThat(record.partition()).isNull();
    assertThat(new String(record.key(), StandardCharsets.UTF_8)).isEqualTo("c-1");
    assertThat(record.value())
        .isEqualTo(
            TransactionCodec.encode(new Transaction("t-1", "c-1", "p-1", 2, 7, "EUR", 5, token)));
  }

  @Test
  void namedFieldsArePassedOnWithTheTransaction() throws Exception {
    Api api = gateway.start(http -> {}, all -> all.carried(CarriedFields.of(List.of("channel"))));
    String sent = body("t-1", "c-1", 7).replace("}", ",\"channel\": \"web\",\"other\":[1]}");
    assertThat(api.post(gateway.token("c-1"), sent).statusCode()).isEqualTo(200);
    assertThat(new String(gateway.topics().appended().get(0).value(), StandardCharsets.UTF_8))
        .endsWith(",\"channel\":\"web\"}")
        .doesNotContain("other");
    String deep = "[".repeat(120) + "]".repeat(120);
    HttpResponse<String> refused = api.post(gateway.token("c-1"), sent.replace("\"web\"", deep));
    assertThat(refused.statusCode()).isEqualTo(422);
    assertThat(gateway.topics().appended()).hasSize(1);
  }

  @Test
  void retryGetsTheFirstAnswerByteForByte() throws Exception {
    Api api = gateway.start();
    HttpResponse<String> first = api.post(gateway.token("c-1"), body("t-1", "c-1", 7));
    api.post(gateway.token("c-2"), body("t-1", "c-2", 7));
    String reordered =
        "{\"occurred_at\":5.0, \"amount\":7e0,\"currency\":\"EUR\",\"quantity\":2,"
            + "\"product_id\":\"p\\u002d1\",\"customer_id\":\"c-1\",\"transaction_id\":\"t-1\"}";
    for (String again : List.of(body("t-1", "c-1", 7), reordered)) {
      HttpResponse<String> retry = api.post(gateway.token("c-1"), again);
      assertThat(retry.statusCode()).isEqualTo(200);
      assertThat(retry.body()).isEqualTo(first.body());
    }
    assertThat(gateway.topics().appended()).hasSize(4);
  }

  @Test
  void bothOfTwoInFlightGetTheAnswerOfTheOneThatIsAccepted() throws Exception {
    Api api = gateway.start();
    gateway.topics().hold();
    CompletableFuture<HttpResponse<String>> one =
        api.postLater(gateway.token("c-1"), body("t-1", "c-1", 7));
    CompletableFuture<HttpResponse<String>> other =
        api.postLater(gateway.token("c-1"), body("t-1", "c-1", 7));
    await().until(() -> gateway.topics().appended().size() == 2);
    assertThat(one).isNotDone();
    assertThat(other).isNotDone();
    gateway.topics().release();
    assertThat(one.get().statusCode()).isEqualTo(200);
    assertThat(other.get().body()).isEqualTo(one.get().body());
  }

  @Test
  void verdictThatComesBeforeTheAcknowledgementIsNotLost() throws Exception {
    Api api = gateway.start();
    gateway.topics().verdictFirst();
    assertThat(api.post(gateway.token("c-1"), body("t-1", "c-1", 7)).statusCode()).isEqualTo(200);
  }

  @Test
  void otherContentUnderTheSameIdIsAConflict() throws Exception {
    Api api = gateway.start();
    api.post(gateway.token("c-1"), body("t-1", "c-1", 7));
    HttpResponse<String> answer = api.post(gateway.token("c-1"), body("t-1", "c-1", 8));
    assertThat(answer.statusCode()).isEqualTo(409);
    JsonNode problem = problem(answer);
    assertThat(problem.get("type").textValue()).isEqualTo("urn:turnstile:problem:id-conflict");
    assertThat(problem.get("reason").textValue()).isEqualTo("ID_CONFLICT");
    assertThat(problem.get("retryable").booleanValue()).isFalse();
    assertThat(problem.get("source_partition").intValue()).isEqualTo(FakeTopics.PARTITION);
    assertThat(problem.get("source_offset").intValue()).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource(RejectionReason.class)
  void everyRejectionIsAProblemWithItsReason(RejectionReason reason) throws Exception {
    Api api = gateway.start();
    gateway.topics().rejectFor(reason);
    HttpResponse<String> answer = api.post(gateway.token("c-1"), body("t-1", "c-1", 7));
    int status =
        switch (reason) {
          case TOKEN_EXPIRED, TOKEN_INVALID, TOKEN_NOT_YET_VALID, TOKEN_SUBJECT_MISMATCH -> 401;
          case UNKNOWN_PRODUCT, UNKNOWN_CUSTOMER, UNKNOWN_REFERENCE -> 404;
          case DUPLICATE_ID, ID_CONFLICT, DUPLICATE_CONTENT -> 409;
          case REFERENCE_UNAVAILABLE -> 503;
        };
    assertThat(answer.statusCode()).isEqualTo(status);
    JsonNode problem = problem(answer);
    assertThat(problem.get("reason").textValue()).isEqualTo(reason.name());
    assertThat(problem.get("detail").textValue()).isEqualTo("because of " + reason);
    assertThat(problem.get("retryable").booleanValue()).isEqualTo(reason.retryable());
  }

  /** Everything that has the form of a token is the job's to judge. */
  @Test
  void tokenIsJudgedByTheJobAlone() throws Exception {
    Api api = gateway.start();
    for (String token :
        List.of(gateway.forgedToken("c-1"), gateway.expiredToken("c-1"), "no.token.at-all")) {
      assertThat(api.post(token, body("t-1", "c-1", 7)).statusCode()).isEqualTo(200);
    }
    assertThat(gateway.topics().appended()).hasSize(3);
  }

  @Test
  void requestWithoutATokenIsRefused() throws Exception {
    Api api = gateway.start();
    List<HttpResponse<String>> answers = new ArrayList<>();
    answers.add(api.post(null, body("t-1", "c-1", 7)));
    for (String header : List.of("Basic YTpi", "Bearer", "Bearer a b", "Bearer \"x\"")) {
      answers.add(api.post(null, body("t-1", "c-1", 7), "Authorization", header));
    }
    for (HttpResponse<String> answer : answers) {
      assertThat(answer.statusCode()).isEqualTo(401);
      assertThat(answer.headers().firstValue("WWW-Authenticate")).contains("Bearer");
    }
    HttpResponse<String> two =
        api.post(gateway.token("c-1"), body("t-1", "c-1", 7), "Authorization", "Bearer y.y.y");
    assertThat(two.statusCode()).isEqualTo(400);
    assertThat(gateway.topics().appended()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "null",
        "{}",
        "{\"transaction_id\":\"t\",\"transaction_id\":\"t\"}",
        "{\"transaction_id\":\"t\",\"customer_id\":\"c-1\",\"product_id\":\"p\",\"quantity\":1.5,"
            + "\"amount\":1,\"currency\":\"EUR\",\"occurred_at\":1}"
      })
  void bodyThatIsNoTransactionNeverReachesKafka(String body) throws Exception {
    Api api = gateway.start();
    HttpResponse<String> answer = api.post(gateway.token("c-1"), body);
    assertThat(answer.statusCode()).isEqualTo(422);
    assertThat(problem(answer).get("reason").textValue())
        .isIn("MALFORMED_JSON", "SCHEMA_VIOLATION");
    assertThat(gateway.topics().appended()).isEmpty();
  }

  @Test
  void bodyMustBeJson() throws Exception {
    Api api = gateway.start();
    String token = "Bearer " + gateway.token("c-1");
    byte[] body = body("t-1", "c-1", 7).getBytes(StandardCharsets.UTF_8);
    String path = "/v1/transactions";
    assertThat(api.send("POST", path, body, "Authorization", token).statusCode()).isEqualTo(415);
    assertThat(
            api.send("POST", path, body, "Authorization", token, "Content-Type", "text/plain")
                .statusCode())
        .isEqualTo(415);
    assertThat(
            api.post(gateway.token("c-1"), body("t-1", "c-1", 7), "Content-Encoding", "gzip")
                .statusCode())
        .isEqualTo(415);
    assertThat(
            api.send(
                    "POST",
                    path,
                    body,
                    "Authorization",
                    token,
                    "Content-Type",
                    "Application/JSON; charset=utf-8")
                .statusCode())
        .isEqualTo(200);
  }

  @Test
  void idempotencyKeyIsTheIdOfATransactionThatHasNone() throws Exception {
    Api api = gateway.start();
    HttpResponse<String> quoted =
        api.post(gateway.token("c-1"), body("c-1", 7), "Idempotency-Key", "\"a \\\"b\"");
    assertThat(quoted.statusCode()).isEqualTo(200);
    assertThat(Api.JSON.readTree(quoted.body()).get("transaction_id").textValue())
        .isEqualTo("a \"b");
    HttpResponse<String> bare =
        api.post(gateway.token("c-1"), body("c-1", 8), "Idempotency-Key", "t-2");
    assertThat(Api.JSON.readTree(bare.body()).get("transaction_id").textValue()).isEqualTo("t-2");
    HttpResponse<String> both =
        api.post(gateway.token("c-1"), body("t-2", "c-1", 8), "Idempotency-Key", "t-2");
    assertThat(both.body()).isEqualTo(bare.body());
  }

  @Test
  void idempotencyKeyThatIsNotTheIdIsRefused() throws Exception {
    Api api = gateway.start();
    assertThat(
            api.post(gateway.token("c-1"), body("t-1", "c-1", 7), "Idempotency-Key", "t-2")
                .statusCode())
        .isEqualTo(422);
    for (String key : List.of("\"\"", "a b", "\"a", "x".repeat(257))) {
      assertThat(
              api.post(gateway.token("c-1"), body("c-1", 7), "Idempotency-Key", key).statusCode())
          .as(key)
          .isIn(400, 422);
    }
    assertThat(gateway.topics().appended()).isEmpty();
  }

  @Test
  void traceparentGoesWithTheRecord() throws Exception {
    Api api = gateway.start();
    String trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    api.post(gateway.token("c-1"), body("t-1", "c-1", 7), "traceparent", trace);
    api.post(gateway.token("c-1"), body("t-2", "c-1", 7), "traceparent", "00-anything");
    List<String> passed =
        gateway.topics().appended().stream()
            .flatMap(record -> Stream.of(record.headers().toArray()))
            .map(header -> header.key() + "=" + new String(header.value(), StandardCharsets.UTF_8))
            .toList();
    assertThat(passed).containsExactly("traceparent=" + trace);
  }

  @Test
  void withoutAVerdictTheAnswerSaysWhereToAsk() throws Exception {
    Api api = gateway.start(http -> http.answerTimeout(Duration.ofMillis(50)), settings -> {});
    gateway.topics().hold();
    HttpResponse<String> answer = api.post(gateway.token("c-1"), body("t-1", "c-1", 7));
    assertThat(answer.statusCode()).isEqualTo(202);
    assertThat(answer.body())
        .isEqualTo("{\"outcome\":\"pending\",\"source_partition\":3,\"source_offset\":0}");
    assertThat(answer.headers().firstValue("Location")).contains("/v1/verdicts/3/0");
    gateway.topics().release();
    HttpResponse<String> later =
        api.get(answer.headers().firstValue("Location").orElseThrow(), gateway.token("c-1"));
    assertThat(later.statusCode()).isEqualTo(200);
    assertThat(((ObjectNode) Api.JSON.readTree(later.body())).get("source_offset").intValue())
        .isZero();
  }

  @Test
  void sendOfUnknownOutcomeIsToBeTriedAgain() throws Exception {
    Api api = gateway.start();
    gateway.topics().failWith(new TimeoutException("expired"));
    HttpResponse<String> answer = api.post(gateway.token("c-1"), body("t-1", "c-1", 7));
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(problem(answer).get("type").textValue()).endsWith(":outcome-unknown");
    gateway.topics().failWith(null);
    assertThat(api.post(gateway.token("c-1"), body("t-1", "c-1", 7)).statusCode()).isEqualTo(200);
  }

  @Test
  void whatWasCertainlyNotSentIsSaidSo() throws Exception {
    Api api = gateway.start();
    gateway.topics().failWith(new NotSentException("no room", null));
    HttpResponse<String> answer = api.post(gateway.token("c-1"), body("t-1", "c-1", 7));
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(problem(answer).get("type").textValue()).endsWith(":unavailable");
  }

  /** After enough failures none is sent, so the answer no longer depends on what Kafka does. */
  @Test
  void breakerRefusesAtOnceWhileSendsFail() throws Exception {
    Api api = gateway.start();
    gateway.topics().failWith(new TimeoutException("expired"));
    await()
        .until(
            () ->
                problem(api.post(gateway.token("c-1"), body("t-1", "c-1", 7)))
                    .get("type")
                    .textValue()
                    .endsWith(":unavailable"));
    assertThat(api.get("/metrics", null).body()).contains("turnstile_gateway_breaker_open 1.0");
  }
}
