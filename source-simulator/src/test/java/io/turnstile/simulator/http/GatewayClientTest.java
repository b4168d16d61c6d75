package io.turnstile.simulator.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a server whose answers the test decides. */
class GatewayClientTest {

  private static final long PATIENCE_SECONDS = 60;

  @TempDir private Path directory;

  private final Vertx vertx = Vertx.vertx();
  private final AtomicInteger requests = new AtomicInteger();
  private final Set<Object> connections = Collections.synchronizedSet(new HashSet<>());
  private final List<String> received = Collections.synchronizedList(new ArrayList<>());
  private volatile BiConsumer<Integer, HttpServerRequest> reply =
      (number, request) -> request.response().end("{}");
  private AnswerLedger ledger;
  private GatewayClient client;
  private URI address;

  @BeforeEach
  void listen() throws Exception {
    HttpServer server =
        await(
            vertx
                .createHttpServer()
                .connectionHandler(connections::add)
                .requestHandler(
                    request ->
                        request
                            .body()
                            .onSuccess(
                                body -> {
                                  received.add(
                                      request.getHeader("Authorization") + " " + body.toString());
                                  reply.accept(requests.incrementAndGet(), request);
                                }))
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture());
    address = URI.create("http://127.0.0.1:" + server.actualPort());
    ledger = new AnswerLedger(directory.resolve("answers.jsonl"), true);
  }

  @AfterEach
  void end() throws Exception {
    if (client != null) {
      client.close();
    }
    ledger.close();
    await(vertx.close().toCompletionStage().toCompletableFuture());
  }

  private static <T> T await(CompletableFuture<T> future) throws Exception {
    return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  private CompletableFuture<Answer> ask(String id) {
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    client.ask(
        new Question("c", id, "{\"id\":\"" + id + "\"}", () -> "token", System.nanoTime()),
        answer::complete);
    return answer;
  }

  @Test
  void asksUntilThereIsAFinalAnswer() throws Exception {
    int[] statuses = {503, 202, 429, 408, 500, 409};
    reply =
        (number, request) ->
            request.response().setStatusCode(statuses[number - 1]).end("{\"reason\":\"R\"}");
    client = GatewayClient.connect(List.of(address), 1, ledger);

    Answer answer = await(ask("t"));

    assertThat(answer.status()).isEqualTo(409);
    assertThat(answer.outcome()).isEqualTo("R");
    assertThat(answer.attempts()).isEqualTo(6);
    assertThat(received).hasSize(6).containsOnly("Bearer token {\"id\":\"t\"}");
    assertThat(Files.readAllLines(directory.resolve("answers.jsonl"))).hasSize(7);
  }

  @Test
  void asksAgainOnAnotherConnectionWhenItsOwnIsCut() throws Exception {
    reply =
        (number, request) -> {
          if (number == 1) {
            request.connection().close();
          } else {
            request.response().end("{}");
          }
        };
    client = GatewayClient.connect(List.of(address), 1, ledger);

    assertThat(await(ask("t")).attempts()).isEqualTo(2);
    assertThat(connections).hasSize(2);
  }

  @Test
  void everyConnectionIsOpenedAndUsedInTurn() throws Exception {
    Set<Object> used = Collections.synchronizedSet(new HashSet<>());
    reply =
        (number, request) -> {
          used.add(request.connection());
          request.response().end("{}");
        };
    client = GatewayClient.connect(List.of(address), 20, ledger);

    for (int i = 0; i < 20; i++) {
      await(ask("t-" + i));
    }

    assertThat(used).hasSize(20);
    assertThat(connections).hasSize(20);
  }

  @Test
  void asksNoMoreAtATimeThanItHasConnections() throws Exception {
    CountDownLatch three = new CountDownLatch(3);
    List<HttpServerRequest> held = Collections.synchronizedList(new ArrayList<>());
    reply =
        (number, request) -> {
          held.add(request);
          three.countDown();
        };
    client = GatewayClient.connect(List.of(address), 8, ledger);
    client.limit(3);
    List<CompletableFuture<Answer>> answers = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      answers.add(ask("t-" + i));
    }
    assertThat(three.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();

    reply = (number, request) -> request.response().end("{}");
    assertThat(held).hasSize(3);
    vertx.runOnContext(
        ignored -> List.copyOf(held).forEach(request -> request.response().end("{}")));

    for (CompletableFuture<Answer> answer : answers) {
      assertThat(await(answer).isAccepted()).isTrue();
    }
  }

  @Test
  void anotherProcessAsksWhatHasNoAnswer() throws Exception {
    long open = ledger.asked(new Question("c", "open", "{\"id\":\"open\"}", () -> "", 0));
    ledger.answered(open, 503, new byte[0]);
    ledger.close();
    ledger = new AnswerLedger(directory.resolve("answers.jsonl"), true);
    client = GatewayClient.connect(List.of(address), 1, ledger);
    CompletableFuture<Answer> answer = new CompletableFuture<>();

    assertThat(client.askAgain(customer -> "of-" + customer, answer::complete)).isEqualTo(1);

    assertThat(await(answer).question().transactionId()).isEqualTo("open");
    assertThat(received).containsExactly("Bearer of-c {\"id\":\"open\"}");
  }

  @Test
  void saysIfThereIsNoGateway() throws Exception {
    await(vertx.close().toCompletionStage().toCompletableFuture());

    assertThatThrownBy(() -> GatewayClient.connect(List.of(address), 1, ledger))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("no gateway answers: ");
  }
}
