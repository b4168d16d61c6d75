package io.turnstile.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a server that answers as Flink does. */
class FlinkRestTest {
  private static final String RUN = "/flink/jars/1_job.jar/run";

  @TempDir private Path directory;
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private HttpServer server;
  private FlinkRest rest;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.start();
    rest = new FlinkRest(URI.create(address() + "/flink"));
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private String address() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private void answer(String path, int status, String body) {
    server.createContext(
        path,
        exchange -> {
          String request =
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          requests.add(
              exchange.getRequestMethod() + " " + exchange.getRequestURI() + " " + request);
          byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(status, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
  }

  private Path jar() throws IOException {
    answer(
        "/flink/jars/upload",
        200,
        "{\"filename\":\"/tmp/upload/1_job.jar\",\"status\":\"success\"}");
    answer("/flink/jars/1_job.jar", 200, "{}");
    return Files.writeString(directory.resolve("job.jar"), "the bytes of the JAR");
  }

  @Test
  void submissionIsUploadedRunAndDeleted() throws Exception {
    Path jar = jar();
    answer(RUN, 200, "{\"jobid\":\"abc\"}");
    String jobId =
        rest.submit(
            JobSubmission.of(jar, "--commit", "journal")
                .withParallelism(2)
                .restoredFrom("file:/savepoint"));
    assertThat(jobId).isEqualTo("abc");
    assertThat(requests).hasSize(3);
    assertThat(requests.get(0))
        .startsWith("POST /flink/jars/upload ")
        .contains("name=\"jarfile\"; filename=\"job.jar\"", "the bytes of the JAR");
    assertThat(requests.get(1))
        .startsWith("POST " + RUN)
        .contains(
            "\"programArgsList\":[\"--commit\",\"journal\"]",
            "\"parallelism\":2",
            "\"savepointPath\":\"file:/savepoint\"",
            "\"claimMode\":\"NO_CLAIM\"");
    assertThat(requests.get(2)).startsWith("DELETE /flink/jars/1_job.jar");
  }

  @Test
  void failureOfTheMainMethodIsToldInItsOwnWords() throws Exception {
    Path jar = jar();
    answer(
        RUN,
        400,
        """
        {"errors":["org.apache.flink.runtime.rest.handler.RestHandlerException: Could not execute application.\\n\\tat a.B.c(B.java:1)\\nCaused by: org.apache.flink.client.program.ProgramInvocationException: The main method caused an error: --jwks: /keys is not readable\\n\\tat a.B.c(B.java:1)\\nCaused by: java.nio.file.NoSuchFileException: /keys\\n"]}\
        """);
    assertThatThrownBy(() -> rest.submit(JobSubmission.of(jar)))
        .isInstanceOf(JobRejectedException.class)
        .hasMessage("--jwks: /keys is not readable");
    assertThat(requests).last().asString().startsWith("DELETE");
  }

  @Test
  void refusalTellsTheInnermostReason() {
    answer(
        "/flink/jobs/1",
        404,
        """
        {"errors":["Internal error.","x.Y: outer\\nCaused by: java.lang.IllegalStateException: no: such job\\n"]}\
        """);
    assertThatThrownBy(() -> rest.job("1"))
        .isExactlyInstanceOf(FlinkRestException.class)
        .hasMessage("GET /flink/jobs/1: HTTP 404: no: such job")
        .extracting(e -> ((FlinkRestException) e).status())
        .isEqualTo(404);
  }

  @Test
  void unreachableFlinkIsNamed() {
    server.stop(0);
    assertThat(rest.isUp()).isFalse();
    assertThatThrownBy(() -> rest.jobs())
        .isInstanceOf(FlinkRestException.class)
        .hasMessageStartingWith("Flink does not answer at " + address() + "/flink/");
  }

  @Test
  void taskManagerIsRegisteredOnceItHasSlots() {
    answer(
        "/flink/taskmanagers",
        200,
        """
        {"taskmanagers":[{"id":"a","slotsNumber":1,"freeSlots":1},{"id":"b","slotsNumber":0,"freeSlots":0}]}\
        """);
    assertThat(rest.isRegistered("a")).isTrue();
    assertThat(rest.isRegistered("b")).isFalse();
    assertThat(rest.isRegistered("c")).isFalse();
  }

  @Test
  void nobodyIsRegisteredWhileFlinkLooksForItsResourceManager() {
    answer(
        "/flink/taskmanagers",
        404,
        """
        {"errors":["Cannot connect to ResourceManager right now. Please try to refresh."]}\
        """);
    assertThat(rest.isRegistered("a")).isFalse();
  }

  @Test
  void pageThatIsNotFlinksIsNotTakenForFlink() {
    answer("/flink/config", 200, "<html>");
    assertThat(rest.isUp()).isFalse();
  }

  @Test
  void unreadableJarIsNamed() {
    Path missing = directory.resolve("missing.jar");
    assertThatThrownBy(() -> rest.submit(JobSubmission.of(missing)))
        .hasMessageStartingWith(missing + " cannot be read");
  }

  @Test
  void metricIsItsValueOrItsSumOrAbsent() {
    answer("/flink/jobs/1/metrics", 200, "[{\"id\":\"numRestarts\",\"value\":\"3\"}]");
    answer("/flink/sum", 200, "[{\"id\":\"lag\",\"min\":1.0,\"max\":4.0,\"avg\":2.5,\"sum\":5.0}]");
    answer("/flink/none", 200, "[]");
    assertThat(rest.restarts("1")).isEqualTo(3);
    assertThat(rest.metric("sum", "lag")).hasValue(5.0);
    assertThat(rest.maximum("sum", "lag")).hasValue(4.0);
    assertThat(rest.metric("none", "lag")).isEmpty();
  }

  @Test
  void causeWithoutMessageIsNamedByItsClass() {
    assertThat(
            FlinkHttp.innermostMessage("a.B: x\nCaused by: java.lang.NullPointerException\n\tat"))
        .isEqualTo("java.lang.NullPointerException");
    assertThat(FlinkHttp.innermostMessage("a.B: only\n\tat c")).isEqualTo("a.B: only");
  }
}
