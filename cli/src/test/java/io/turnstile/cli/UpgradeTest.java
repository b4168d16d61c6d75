package io.turnstile.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.Generation;
import io.turnstile.clients.JobSubmission;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An upgrade between a fake Flink and fake owners. */
class UpgradeTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final FlinkRest.Job OLD =
      new FlinkRest.Job("old", "turnstile", "RUNNING", Instant.EPOCH);

  @TempDir private Path directory;
  private final FakeOwners owners = new FakeOwners();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final List<String> progress = new ArrayList<>();
  private HttpServer server;
  private int freeSlots;
  private volatile String oldState = "RUNNING";
  private Path jar;

  /** Two lanes of generation 4; the next one takes over once it is looked for a few times. */
  private static final class FakeOwners implements LaneOwners {
    private int opened;
    private int readings;
    private boolean closed;

    @Override
    public Map<Integer, Generation> read() {
      readings++;
      Generation old = new Generation(4, "old");
      Generation mine = new Generation(5, "new");
      Map<Integer, Generation> byLane = new HashMap<>(Map.of(0, old, 1, old));
      if (readings > 2) {
        byLane.put(0, mine);
      }
      if (readings > 3) {
        byLane.put(1, mine);
      }
      return byLane;
    }

    @Override
    public int lanes() {
      return 2;
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  @BeforeEach
  void start() throws IOException {
    jar = Files.writeString(directory.resolve("job.jar"), "the bytes of the JAR");
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    String request = exchange.getRequestMethod() + " " + exchange.getRequestURI();
    requests.add(request + " " + body);
    if (request.equals("PATCH /jobs/old?mode=cancel")) {
      oldState = "CANCELED";
    }
    byte[] bytes = answer(request).getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(200, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private String answer(String request) {
    return switch (request) {
      case "GET /taskmanagers" ->
          "{\"taskmanagers\":[{\"id\":\"1\",\"slotsNumber\":8,\"freeSlots\":%d}]}"
              .formatted(freeSlots);
      case "GET /jobs/old" ->
          "{\"jid\":\"old\",\"name\":\"turnstile\",\"state\":\"%s\",\"start-time\":0,"
                  .formatted(oldState)
              + "\"vertices\":[{\"parallelism\":4}]}";
      case "POST /jobs/old/savepoints", "POST /jobs/old/stop" -> "{\"request-id\":\"1\"}";
      case "GET /jobs/old/savepoints/1" -> {
        if (requests.stream().anyMatch(each -> each.startsWith("POST /jobs/old/stop"))) {
          oldState = "FINISHED";
        }
        yield "{\"status\":{\"id\":\"COMPLETED\"},\"operation\":{\"location\":\"savepoint\"}}";
      }
      case "POST /jars/upload" -> "{\"filename\":\"1_job.jar\",\"status\":\"success\"}";
      case "POST /jars/1_job.jar/run" -> "{\"jobid\":\"new\"}";
      case "GET /jobs/new/status" -> "{\"status\":\"RUNNING\"}";
      default -> "{}";
    };
  }

  private Upgrade.Report upgrade(Optional<String> from, String... arguments) {
    Upgrade upgrade =
        new Upgrade(
            new FlinkRest(URI.create("http://127.0.0.1:" + server.getAddress().getPort())),
            () -> {
              owners.opened++;
              return owners;
            },
            new Upgrade.Limits(PATIENCE, PATIENCE),
            progress::add);
    return upgrade.run(Optional.of(OLD), from, JobSubmission.of(jar, arguments));
  }

  private String submission() {
    return requests.stream()
        .filter(each -> each.startsWith("POST /jars/1_job.jar/run"))
        .findFirst()
        .orElseThrow();
  }

  private boolean isAsked(String request) {
    return requests.stream().anyMatch(each -> each.startsWith(request));
  }

  @Test
  void newJobStartsBesideTheOldOneWhichIsEndedWhenALaneIsTaken() {
    freeSlots = 4;
    Upgrade.Report report = upgrade(Optional.empty(), "--lanes", "2");
    assertThat(report.beside()).isTrue();
    assertThat(report.from()).isEqualTo("savepoint");
    assertThat(report.job()).isEqualTo("new");
    assertThat(submission())
        .contains("\"programArgsList\":[\"--lanes\",\"2\",\"--generation\",\"5\"]")
        .contains("\"savepointPath\":\"savepoint\"");
    assertThat(isAsked("POST /jobs/old/stop")).isFalse();
    assertThat(oldState).isEqualTo("CANCELED");
  }

  @Test
  void ownersAreReadWithOneConnection() {
    freeSlots = 4;
    upgrade(Optional.empty());
    assertThat(owners.opened).isOne();
    assertThat(owners.readings).isGreaterThan(3);
    assertThat(owners.closed).isTrue();
  }

  @Test
  void withoutRoomTheOldJobIsStoppedWithASavepoint() {
    Upgrade.Report report = upgrade(Optional.empty());
    assertThat(report.beside()).isFalse();
    assertThat(report.from()).isEqualTo("savepoint");
    assertThat(isAsked("POST /jobs/old/stop")).isTrue();
    assertThat(progress).anyMatch(line -> line.contains("4: no room"));
  }

  @Test
  void withoutRoomTheNewJobStartsFromWhatIsNamedToo() {
    Upgrade.Report report = upgrade(Optional.of("s3://named"));
    assertThat(report.beside()).isFalse();
    assertThat(report.from()).isEqualTo("s3://named");
    assertThat(submission()).contains("\"savepointPath\":\"s3://named\"");
    // It was over before the new one was submitted, and no savepoint was needed.
    assertThat(isAsked("POST /jobs/old/stop")).isFalse();
    assertThat(requests.indexOf("PATCH /jobs/old?mode=cancel "))
        .isNotNegative()
        .isLessThan(requests.indexOf(submission()));
    assertThat(progress).contains("Cancelling the old job; no verdicts come until the new runs");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--parallelism 2", "--parallelism=2", "--lanes=8 --parallelism=2 --x"})
  void givenParallelismIsWhatTheNewJobNeeds(String arguments) {
    freeSlots = 2;
    assertThat(upgrade(Optional.empty(), arguments.split(" ")).beside()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"--generation 5", "--generation=5", "--lanes=8 --generation=5 --x"})
  void generationIsNotForTheUserToGive(String arguments) {
    List<String> args = new ArrayList<>(List.of("upgrade", "--flink", "http://localhost:1"));
    args.addAll(List.of("--bootstrap-servers", "localhost:1", "--jar", jar.toString(), "--"));
    args.addAll(List.of(arguments.split(" ")));
    Run run = Run.of(args.toArray(String[]::new));
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("--generation is found out by this command: leave it out");
    assertThat(requests).isEmpty();
  }

  @Test
  void parallelismThatIsNoNumberIsRefusedBeforeAnythingIsDone() {
    Run run =
        Run.of(
            "upgrade",
            "--flink",
            "http://localhost:1",
            "--bootstrap-servers",
            "localhost:1",
            "--jar",
            jar.toString(),
            "--",
            "--parallelism=many");
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("behind --: ").contains("--parallelism");
  }
}
