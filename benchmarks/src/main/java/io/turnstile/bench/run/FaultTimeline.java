package io.turnstile.bench.run;

import io.turnstile.bench.engine.RunningEngine;
import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.result.FaultResult;
import io.turnstile.bench.scenario.PlannedFault;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Inflicts the faults of a scenario when they are due. {@link #run} is called once, by a thread of
 * its own; the rest by any.
 */
final class FaultTimeline {

  /** The time after which a frozen process that has been replaced is resumed. */
  private static final Duration DEFAULT_PAUSE = Duration.ofSeconds(20);

  private static final Duration DEFAULT_OUTAGE = Duration.ofSeconds(10);

  private record Inflicted(PlannedFault planned, long nanos, int watch, Long endedNanos) {}

  private final List<PlannedFault> faults;
  private final Testbed testbed;
  private final RunningEngine engine;
  private final LatencyRecorder recording;
  private final RunView view;
  private final List<Inflicted> inflicted = new ArrayList<>();

  FaultTimeline(
      List<PlannedFault> faults,
      Testbed testbed,
      RunningEngine engine,
      LatencyRecorder recording,
      RunView view) {
    this.faults = faults;
    this.testbed = testbed;
    this.engine = engine;
    this.recording = recording;
    this.view = view;
  }

  /**
   * Inflicts them, one after the other.
   *
   * @param measuredFromNanos when the measured part of the run begins
   */
  void run(long measuredFromNanos) throws Exception {
    for (PlannedFault fault : faults) {
      sleepUntil(measuredFromNanos + fault.at().toNanos());
      inflict(fault);
    }
  }

  private void inflict(PlannedFault fault) throws Exception {
    view.line("  %s", fault.fault().key());
    switch (fault.fault()) {
      case KILL_TASKMANAGER -> {
        TestbedProcess victim = engine.workers().get(0);
        int index = begin(fault);
        testbed.kill(victim);
        view.line("  %s killed (SIGKILL); starting another one", victim);
        engine.replaceWorker();
        end(index);
      }
      case PAUSE_TASKMANAGER -> {
        TestbedProcess victim = engine.workers().get(0);
        outage(
            fault,
            DEFAULT_PAUSE,
            () -> {
              testbed.pause(victim);
              engine.replaceWorker();
            },
            () -> testbed.resume(victim));
      }
      case KILL_JOBMANAGER -> {
        int index = begin(fault);
        engine.crashCoordinator();
        end(index);
      }
      case CUT_FROM_BROKER -> {
        TestbedProcess victim = engine.workers().get(0);
        outage(
            fault,
            DEFAULT_OUTAGE,
            () -> testbed.cutFromBrokers(victim),
            () -> testbed.reconnectToBrokers(victim));
      }
      case STOP_BROKER ->
          outage(
              fault,
              DEFAULT_OUTAGE,
              () -> testbed.kill(TestbedProcess.BROKER),
              () -> testbed.start(TestbedProcess.BROKER));
    }
  }

  private interface Step {
    void run() throws Exception;
  }

  /** A fault that lasts: for as long as the scenario says, or else for its usual length. */
  private void outage(PlannedFault fault, Duration usual, Step inflict, Step mend)
      throws Exception {
    int index = begin(fault);
    inflict.run();
    Duration length = fault.length().isZero() ? usual : fault.length();
    sleepUntil(at(index) + length.toNanos());
    mend.run();
    end(index);
  }

  private synchronized int begin(PlannedFault fault) {
    long now = System.nanoTime();
    inflicted.add(new Inflicted(fault, now, recording.watchFor(now), null));
    return inflicted.size() - 1;
  }

  private synchronized long at(int index) {
    return inflicted.get(index).nanos();
  }

  private synchronized void end(int index) {
    Inflicted fault = inflicted.get(index);
    inflicted.set(
        index, new Inflicted(fault.planned(), fault.nanos(), fault.watch(), System.nanoTime()));
  }

  /**
   * Returns the outcome of the faults so far.
   *
   * @param p99LimitMs at which latency counts as normal again
   */
  synchronized List<FaultResult> results(double p99LimitMs) {
    return inflicted.stream()
        .map(
            fault -> {
              long resumed = recording.resumedNanos(fault.watch());
              int caughtUp = caughtUp(fault, p99LimitMs);
              return new FaultResult(
                  sinceMeasured(fault.nanos()),
                  fault.planned().fault().key(),
                  resumed == Long.MAX_VALUE ? null : (resumed - fault.nanos()) / 1e9,
                  caughtUp < 0
                      ? null
                      : Math.max(0, caughtUp - (fault.nanos() - recording.startNanos()) / 1e9),
                  fault.endedNanos() == null ? null : sinceMeasured(fault.endedNanos()));
            })
        .toList();
  }

  /** Tells whether a second of the recorder lies in no fault and no recovery from one. */
  synchronized boolean undisturbed(long second, double p99LimitMs) {
    return inflicted.stream()
        .noneMatch(
            fault -> {
              int caughtUp = caughtUp(fault, p99LimitMs);
              return second >= recording.secondOf(fault.nanos())
                  && (caughtUp < 0 || second < caughtUp);
            });
  }

  /** Returns the second of the recorder in which the latency was normal again; -1 if none was. */
  private int caughtUp(Inflicted fault, double p99LimitMs) {
    // The second of the fault itself was mostly undisturbed.
    return recording.caughtUpSecond(recording.secondOf(fault.nanos()) + 1, p99LimitMs);
  }

  private double sinceMeasured(long nanos) {
    return (nanos - recording.measuredFromNanos()) / 1e9;
  }

  private static void sleepUntil(long nanos) throws InterruptedException {
    TimeUnit.NANOSECONDS.sleep(nanos - System.nanoTime());
  }
}
