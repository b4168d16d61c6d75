package io.turnstile.bench.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.bench.engine.RunningEngine;
import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.result.FaultResult;
import io.turnstile.bench.scenario.Fault;
import io.turnstile.bench.scenario.PlannedFault;
import io.turnstile.testbed.TestbedProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FaultTimelineTest {

  @TempDir private Path directory;

  private final List<String> calls = new ArrayList<>();
  private final LatencyRecorder recorder = new LatencyRecorder(0);

  @Test
  void killedWorkerIsReplaced() throws Exception {
    FaultTimeline timeline = inflict(Fault.KILL_TASKMANAGER);

    assertThat(calls).containsExactly("kill taskmanager-1", "replace");
    assertThat(timeline.results(100))
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
  void pausedWorkerGoesOnAfterItsReplacement() throws Exception {
    inflict(Fault.PAUSE_TASKMANAGER);

    assertThat(calls).containsExactly("pause taskmanager-1", "replace", "resume taskmanager-1");
  }

  @Test
  void outagesEnd() throws Exception {
    inflict(Fault.STOP_BROKER);
    inflict(Fault.CUT_FROM_BROKER);

    assertThat(calls)
        .containsExactly(
            "kill broker",
            "start broker",
            "cutFromBrokers taskmanager-1",
            "reconnectToBrokers taskmanager-1");
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
    double at = timeline.results(100).get(0).atS();
    int faulty = (int) at;
    // Slow for two seconds after that of the fault, one good second, a slow one, then all good.
    long[] millis = {900, 900, 10, 900, 10, 10, 10};
    for (int i = 0; i < millis.length; i++) {
      long intended = start + (faulty + 1 + i) * second;
      recorder.sent(intended, intended);
      recorder.joined(intended, intended + millis[i] * 1_000_000);
    }

    FaultResult fault = timeline.results(100).get(0);

    assertThat(fault.firstVerdictAfterS()).isBetween(0.9, 2.0);
    assertThat(fault.caughtUpAfterS()).isBetween(4.0, 5.0);
    assertThat(timeline.undisturbed(faulty + 3, 100)).isFalse();
    assertThat(timeline.undisturbed(faulty + 5, 100)).isTrue();
  }

  private FaultTimeline inflict(Fault fault) throws Exception {
    if (!recorder.started()) {
      long now = System.nanoTime();
      recorder.sent(now, now);
    }
    FaultTimeline timeline =
        new FaultTimeline(
            List.of(new PlannedFault(Duration.ZERO, fault, Duration.ofMillis(1))),
            FakeTestbed.notingIn(calls),
            new NotingEngine(),
            recorder,
            new FakeSession(FakeSession.scenario(directory, "rate: 1"), (load, stretch) -> {})
                .view());
    timeline.run(recorder.measuredFromNanos());
    return timeline;
  }

  private final class NotingEngine implements RunningEngine {

    @Override
    public List<TestbedProcess> workers() {
      return List.of(FakeTestbed.TASK_MANAGER);
    }

    @Override
    public List<TestbedProcess> processes() {
      return workers();
    }

    @Override
    public void replaceWorker() {
      calls.add("replace");
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
