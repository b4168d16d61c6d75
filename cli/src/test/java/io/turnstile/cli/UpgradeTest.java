package io.turnstile.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.turnstile.clients.CheckFailedException;
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

  /** For what never happens. */
  private static final Duration SHORT = Duration.ofMillis(300);

  private static final FlinkRest.Job OLD =
      new FlinkRest.Job("old", "turnstile", "RUNNING", Instant.EPOCH);

  @TempDir private Path directory;
  private final FakeOwners owners = new FakeOwners();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final List<String> progress = new ArrayList<>();
  private HttpServer server;
  private int freeSlots;
  private int needed = 4;
  private Duration savepoint = PATIENCE;
  private Duration takeOver = PATIENCE;

  /** What the main method of the new job says; null if it is content. */
  private String refusal;

  private boolean savepointFails;
  private String cancelling = "CANCELED";

  /** Of the old job, from the submission of the new one on; null for no change. */
  private String stateAtSubmission;

  private volatile String oldState = "RUNNING";
  private Path jar;

  /** Two lanes of generation 4; the next one takes over once it is looked for a few times. */
  private static final class FakeOwners implements LaneOwners {
    private int opened;
    private int readings;
    private boolean closed;
    private boolean takesOver = true;
    private boolean takesOneLane;
    private String problem;

    @Override
    public Map<Integer, Generation> read() {
      readings++;
      Generation old = new Generation(4, "old");
      Generation mine = new Generation(5, "new");
      Map<Integer, Generation> byLane = new HashMap<>(Map.of(0, old, 1, old));
      if (takesOver && readings > 2) {
        byLane.put(0, mine);
      }
      if (takesOver && !takesOneLane && readings > 3) {
        byLane.put(1, mine);
      }
      return byLane;
    }

    @Override
    public int lanes() {
      if (problem != null) {
        throw new CheckFailedException(problem);
      }
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
      oldState = cancelling;
    }
    if (request.equals("POST /jars/1_job.jar/run") && stateAtSubmission != null) {
      oldState = stateAtSubmission;
    }
    byte[] bytes = answer(request).getBytes(StandardCharsets.UTF_8);
    boolean refused = refusal != null && request.equals("POST /jars/1_job.jar/plan");
    exchange.sendResponseHeaders(refused ? 400 : 200, bytes.length);
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
              + "\"vertices\":[]}";
      case "GET /jobs/old/status" -> "{\"status\":\"%s\"}".formatted(oldState);
      case "GET /jobs/old/checkpoints" ->
          "{\"latest\":{\"completed\":{\"external_path\":\"checkpoint\"}}}";
      case "POST /jobs/old/savepoints", "POST /jobs/old/stop" -> "{\"request-id\":\"1\"}";
      case "GET /jobs/old/savepoints/1" -> {
        if (savepointFails) {
          yield "{\"status\":{\"id\":\"COMPLETED\"},\"operation\":{\"failure-cause\":"
              + "{\"stack-trace\":\"Caused by: java.lang.Exception: tasks restart\"}}}";
        }
        if (requests.stream().anyMatch(each -> each.startsWith("POST /jobs/old/stop"))) {
          oldState = "FINISHED";
        }
        yield "{\"status\":{\"id\":\"COMPLETED\"},\"operation\":{\"location\":\"savepoint\"}}";
      }
      case "POST /jars/upload" -> "{\"filename\":\"1_job.jar\",\"status\":\"success\"}";
      case "POST /jars/1_job.jar/plan" ->
          refusal == null
              ? "{\"plan\":{\"nodes\":[{\"parallelism\":1},{\"parallelism\":%d}]}}"
                  .formatted(needed)
              : "{\"errors\":[\"The main method caused an error: %s\"]}".formatted(refusal);
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
            new Upgrade.Limits(savepoint, takeOver),
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

  /** Its state is kept all the same: what is named may be of no use. */
  @Test
  void withoutRoomTheNewJobStartsFromWhatIsNamedAndTheOldOneIsStoppedWithASavepoint() {
    Upgrade.Report report = upgrade(Optional.of("s3://named"));
    assertThat(report.beside()).isFalse();
    assertThat(report.from()).isEqualTo("s3://named");
    assertThat(submission()).contains("\"savepointPath\":\"s3://named\"");
    assertThat(isAsked("POST /jobs/old/stop")).isTrue();
    assertThat(isAsked("PATCH /jobs/old")).isFalse();
    assertThat(progress).contains("Its last state is in savepoint");
  }

  /** It may come from a file or the environment, which only the JobManager has. */
  @Test
  void flinkIsAskedWhatTheNewJobNeeds() {
    freeSlots = 2;
    needed = 2;
    assertThat(upgrade(Optional.empty(), "--options", "/in/the/image").beside()).isTrue();
    assertThat(requests)
        .anyMatch(
            each ->
                each.startsWith("POST /jars/1_job.jar/plan")
                    && each.contains("execution.state-recovery.path")
                    && each.contains("[\"--options\",\"/in/the/image\",\"--generation\",\"5\"]"));
  }

  @Test
  void newJobThatIsRefusedIsSoBeforeAnythingIsDone() {
    refusal = "--lanes must be at least 1";
    assertThatThrownBy(() -> upgrade(Optional.empty()))
        .isInstanceOf(CheckFailedException.class)
        .hasMessage("the new job is refused, and nothing was done: --lanes must be at least 1");
    assertThat(oldIsTouched()).isFalse();
    assertThat(isAsked("POST /jars/1_job.jar/run")).isFalse();
  }

  private boolean oldIsTouched() {
    return isAsked("POST /jobs/old") || isAsked("PATCH /jobs/old");
  }

  /** The new job's own claims must not be waited for by somebody who cannot count them. */
  @Test
  void lanesAreCountedBeforeTheNewJobIsSubmitted() {
    owners.problem = "topic verdicts.accepted: it does not exist";
    assertThatThrownBy(() -> upgrade(Optional.empty())).hasMessage(owners.problem);
    assertThat(requests).isEmpty();
  }

  @Test
  void newJobThatIsLateIsCancelledWhileTheOldOneRuns() {
    owners.takesOver = false;
    takeOver = SHORT;
    freeSlots = 4;
    assertThatThrownBy(() -> upgrade(Optional.empty()))
        .isInstanceOf(CheckFailedException.class)
        .hasMessageContaining("the new job new has not taken over within 0 s, and is cancelled")
        .hasMessageEndingWith("the old one goes on");
    assertThat(isAsked("PATCH /jobs/new?mode=cancel")).isTrue();
    assertThat(oldState).isEqualTo("RUNNING");
  }

  @ParameterizedTest
  @ValueSource(strings = {"FAILED", "CANCELED", "FINISHED"})
  void newJobThatIsLateGoesOnWhenTheOldOneIsOver(String state) {
    owners.takesOver = false;
    takeOver = SHORT;
    freeSlots = 4;
    stateAtSubmission = state;
    assertThatThrownBy(() -> upgrade(Optional.empty()))
        .isInstanceOf(CheckFailedException.class)
        .hasMessageContaining("it goes on to try, for the old one is over");
    assertThat(isAsked("PATCH /jobs/new?mode=cancel")).isFalse();
  }

  @Test
  void newJobThatIsLateGoesOnWhenTheOldOneWasStoppedForWantOfRoom() {
    owners.takesOver = false;
    takeOver = SHORT;
    assertThatThrownBy(() -> upgrade(Optional.empty())).hasMessageContaining("it goes on to try");
    assertThat(isAsked("PATCH /jobs/new?mode=cancel")).isFalse();
  }

  @Test
  void newJobThatHasALaneGoesOn() {
    owners.takesOneLane = true;
    takeOver = SHORT;
    freeSlots = 4;
    assertThatThrownBy(() -> upgrade(Optional.empty())).hasMessageContaining("it goes on to try");
    assertThat(oldState).isEqualTo("CANCELED");
    assertThat(isAsked("PATCH /jobs/new?mode=cancel")).isFalse();
  }

  @Test
  void oldJobThatTakesNoSavepointIsCancelledAsTheLastResort() {
    savepointFails = true;
    Upgrade.Report report = upgrade(Optional.empty());
    assertThat(report.from()).isEqualTo("checkpoint");
    assertThat(requests.indexOf("PATCH /jobs/old?mode=cancel "))
        .isNotNegative()
        .isLessThan(requests.indexOf(submission()));
    assertThat(progress)
        .contains("No savepoint (savepoint failed: tasks restart): its newest checkpoint has to do")
        .contains(
            "It cannot be stopped so (savepoint failed: tasks restart): cancelling it is the last"
                + " resort");
  }

  @Test
  void oldJobThatIsNotOverIsNamedWithWhatToDo() {
    savepointFails = true;
    savepoint = SHORT;
    cancelling = "CANCELLING";
    assertThatThrownBy(() -> upgrade(Optional.of("s3://named")))
        .isInstanceOf(CheckFailedException.class)
        .hasMessage(
            "the old job is cancelled, and no new one is started, for they would not both have"
                + " room: job old is not over within 0 s, it is CANCELLING; when it is over, do the"
                + " same with --from s3://named");
    assertThat(isAsked("POST /jars/1_job.jar/run")).isFalse();
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
}
