package io.turnstile.bench.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.turnstile.bench.engine.FlinkJob;
import io.turnstile.bench.engine.RunningEngine;
import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.result.RunResult.FaultResult;
import io.turnstile.bench.scenario.EngineSettings;
import io.turnstile.bench.scenario.Scenario;
import io.turnstile.bench.scenario.Scenario.Fault;
import io.turnstile.bench.scenario.Scenario.PlannedFault;
import io.turnstile.clients.FlinkRest;
import io.turnstile.testbed.TestbedProcess;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FaultTimelineTest {

  @TempDir private Path directory;

  private final List<String> calls =
      Collections.synchronizedList(
          new ArrayList<>() {
            @Override
            public boolean add(String call) {
              if (call.startsWith("kill")) {
                onKill.run();
              }
              return super.add(call);
            }
          });

  private final LatencyRecorder recorder = new LatencyRecorder(0);

  /** Null for an engine without one. */
  private FlinkJob job;

  private Runnable onKill = () -> {};

  /** Then the first verdict comes when it is waited for. */
  private boolean spare;

  @Test
  void killedWorkerIsReplaced() throws Exception {
    FaultTimeline timeline = inflict(Fault.KILL_TASKMANAGER);

    assertThat(calls).containsExactly("kill taskmanager-1", "replace");
    assertThat(timeline.results())
        .singleElement()
        .satisfies(
            fault -> {
              assertThat(fault.fault()).isEqualTo("kill-taskmanager");
              assertThat(fault.firstVerdictAfterS()).isNull();
              assertThat(fault.caughtUpAfterS()).isNull();
              assertThat(fault.endedAtS()).isGreaterThanOrEqualTo(fault.atS());
            });
  }

  @Test
  void killedWorkerWithASpareIsReplacedWhenVerdictsComeAgain() throws Exception {
    spare = true;

    FaultTimeline timeline = inflict(Fault.KILL_TASKMANAGER);

    assertThat(calls).containsExactly("kill taskmanager-1", "first verdict", "replace");
    assertThat(timeline.results())
        .singleElement()
        .satisfies(fault -> assertThat(fault.firstVerdictAfterS()).isNotNull());
  }

  @Test
  void verdictOfWhatWasSentWhileTheWorkerWasBeingKilledIsNotTheFirst() throws Exception {
    spare = true;
    long[] sent = new long[1];
    onKill =
        () -> {
          sent[0] = System.nanoTime();
          recorder.joined(0, sent[0], sent[0]);
        };

    FaultTimeline timeline = inflict(Fault.KILL_TASKMANAGER);

    double first = timeline.results().get(0).firstVerdictAfterS();
    assertThat(timeline.results().get(0).atS() + first)
        .isGreaterThan((sent[0] - recorder.measuredFromNanos()) / 1e9);
  }

  @Test
  void pausedWorkerGoesOnAfterItsReplacement() throws Exception {
    inflict(Fault.PAUSE_TASKMANAGER);

    assertThat(calls).containsExactly("pause taskmanager-1", "replace", "resume taskmanager-1");
  }

  @Test
  void pausedWorkerWithASpareIsLeftToFlink() throws Exception {
    spare = true;

    inflict(Fault.PAUSE_TASKMANAGER);

    assertThat(calls)
        .contains("pause taskmanager-1", "resume taskmanager-1")
        .doesNotContain("replace");
  }

  @Test
  void rescalingSaysHowFar() throws Exception {
    inflict(Fault.RESCALE);

    assertThat(calls).containsExactly("rescale to 2");
  }

  @Test
  void runGoesOnWithoutACheckpointIfFlinkDoesNotAnswer() throws Exception {
    job = new FlinkJob(new FlinkRest(URI.create("http://127.0.0.1:1/")), "none");

    FaultTimeline timeline = inflict(Fault.KILL_TASKMANAGER);

    assertThat(calls).containsExactly("kill taskmanager-1", "replace");
    assertThat(timeline.results())
        .singleElement()
        .satisfies(fault -> assertThat(fault.stagesAfterS()).isEmpty());
  }

  @Test
  void outagesEnd() throws Exception {
    inflict(Fault.STOP_BROKER);
    inflict(Fault.CUT_FROM_BROKER);
    inflict(Fault.PAUSE_KEY_SERVER);

    assertThat(calls)
        .containsExactly(
            "kill broker",
            "start broker",
            "cutFromBrokers taskmanager-1",
            "reconnectToBrokers taskmanager-1",
            "pauseKeyServer",
            "resumeKeyServer");
  }

  @Test
  void coordinatorIsBroughtBackByTheEngine() throws Exception {
    inflict(Fault.KILL_JOBMANAGER);

    assertThat(calls).containsExactly("crash coordinator");
  }

  @Test
  void caughtUpIsThreeSecondsInARowWithEveryVerdictWithinTheLimit() throws Exception {
    long second = Duration.ofSeconds(1).toNanos();
    long start = System.nanoTime();
    recorder.sent(start, start);
    FaultTimeline timeline = inflict(Fault.KILL_TASKMANAGER);
    double at = timeline.results().get(0).atS();
    int faulty = (int) at;
    // Slow for two seconds after that of the fault, one good second, a slow one, then all good.
    long[] millis = {900, 900, 10, 900, 10, 10, 10};
    for (int i = 0; i < millis.length; i++) {
      long intended = start + (faulty + 1 + i) * second;
      recorder.sent(intended, intended);
      recorder.joined(0, intended, intended + millis[i] * 1_000_000);
    }

    FaultResult fault = timeline.results().get(0);

    assertThat(fault.firstVerdictAfterS()).isBetween(0.9, 2.0);
    assertThat(fault.caughtUpAfterS()).isBetween(4.0, 5.0);
    assertThat(timeline.undisturbed(faulty + 3)).isFalse();
    assertThat(timeline.undisturbed(faulty + 5)).isTrue();
  }

  private FaultTimeline inflict(Fault fault) throws Exception {
    if (!recorder.started()) {
      long now = System.nanoTime();
      recorder.sent(now, now);
    }
    Scenario scenario = FakeRun.scenario(directory, "rate: 1");
    List<PlannedFault> faults =
        List.of(
            new PlannedFault(
                Duration.ZERO, fault, Duration.ofMillis(1), fault == Fault.RESCALE ? 2 : null));
    String testbed = fault == Fault.CUT_FROM_BROKER ? "containers" : "processes";
    EngineSettings settings = new EngineSettings(1, 1, 2, null, null, testbed, null, null, null);
    FaultTimeline timeline =
        new FaultTimeline(
            FakeRun.on(
                FakeTestbed.notingIn(calls), scenario.withEngine(settings).withFaults(faults)),
            new NotingEngine(),
            null,
            recorder);
    timeline.run();
    return timeline;
  }

  private final class NotingEngine implements RunningEngine {

    @Override
    public List<TestbedProcess> workers() {
      return List.of(FakeTestbed.TASK_MANAGER);
    }

    @Override
    public boolean hasSpareWorker() {
      if (spare) {
        Thread timeline = Thread.currentThread();
        new Thread(
                () -> {
                  await().until(() -> timeline.getState() == Thread.State.TIMED_WAITING);
                  calls.add("first verdict");
                  long now = System.nanoTime();
                  recorder.joined(0, now, now);
                })
            .start();
      }
      return spare;
    }

    @Override
    public void rescale(int parallelism) {
      calls.add("rescale to " + parallelism);
    }

    @Override
    public void replaceWorker() {
      calls.add("replace");
      if (job != null) {
        // Nobody waits for the stages before the first verdict.
        long now = System.nanoTime();
        recorder.joined(0, now, now);
      }
    }

    @Override
    public Optional<FlinkJob> flinkJob() {
      return Optional.ofNullable(job);
    }

    @Override
    public void crashCoordinator() {
      calls.add("crash coordinator");
    }

    @Override
    public Map<String, String> settings() {
      return Map.of();
    }

    @Override
    public void close() {}
  }
}
