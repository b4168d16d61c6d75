package io.turnstile.bench.run;

import io.turnstile.bench.engine.FlinkJob;
import io.turnstile.bench.engine.RunningEngine;
import io.turnstile.bench.feeds.FeedFleet;
import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.result.RunResult.FaultResult;
import io.turnstile.bench.scenario.Scenario.Fault;
import io.turnstile.bench.scenario.Scenario.PlannedFault;
import io.turnstile.clients.FlinkRestException;
import io.turnstile.clients.RecoveryTimeline;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedProcess;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;

/**
 * Inflicts the faults of a scenario when they are due. {@link #run} is called once, by a thread of
 * its own; the rest by any.
 */
final class FaultTimeline {

  /** The time after which a frozen process that has been replaced is resumed. */
  private static final Duration DEFAULT_PAUSE = Duration.ofSeconds(20);

  private static final Duration DEFAULT_OUTAGE = Duration.ofSeconds(10);

  /** The checkpoint of the warm-up begins that long before its end. */
  private static final Duration CHECKPOINT_BEFORE = Duration.ofSeconds(10);

  private static final Duration CHECKPOINT_TIMEOUT = Duration.ofMinutes(1);

  /** The time after which nobody waits for the stages of a recovery any longer. */
  private static final Duration MAX_RECOVERY = Duration.ofMinutes(1);

  /** A fault from an instant on; its end is 0 while it lasts. */
  private record Inflicted(
      PlannedFault planned,
      Instant at,
      long nanos,
      LongSupplier resumedNanos,
      AtomicLong endedNanos,
      AtomicReference<Map<String, Double>> stages) {}

  private final RunContext context;
  private final RunningEngine engine;
  private final FeedFleet feeds;
  private final LatencyRecorder recording;
  private final List<Inflicted> inflicted = new CopyOnWriteArrayList<>();

  /**
   * @param feeds beside the engine; null if there are none
   */
  FaultTimeline(
      RunContext context, RunningEngine engine, FeedFleet feeds, LatencyRecorder recording) {
    this.context = context;
    this.engine = engine;
    this.feeds = feeds;
    this.recording = recording;
  }

  /**
   * Inflicts them, one after the other; the load has begun. A deployment that has run for longer
   * than this one has settled by then, and has a checkpoint to come back from: this one gets its
   * own before the end of the warm-up.
   */
  void run() throws Exception {
    sleepUntil(recording.measuredFromNanos() - CHECKPOINT_BEFORE.toNanos());
    engine.settle();
    List<PlannedFault> faults = context.scenario().faults();
    if (!faults.isEmpty()) {
      engine.flinkJob().ifPresent(this::checkpoint);
    }
    for (PlannedFault fault : faults) {
      sleepUntil(recording.measuredFromNanos() + fault.at().toNanos());
      observe(inflict(fault));
    }
  }

  private void checkpoint(FlinkJob job) {
    try {
      job.flink().checkpoint(job.jobId(), CHECKPOINT_TIMEOUT);
    } catch (FlinkRestException e) {
      context.results().note("There is no checkpoint of the warm-up: " + e.getMessage());
    }
  }

  /** Asks Flink how the job came back, once it has. */
  private void observe(Inflicted fault) throws InterruptedException {
    FlinkJob job = engine.flinkJob().orElse(null);
    if (job == null
        || fault.planned.fault() == Fault.UPGRADE
        || fault.planned.fault() == Fault.RESCALE
        || fault.planned.fault().isOfFeeds()) {
      return;
    }
    awaitFirstVerdict(fault);
    try {
      job.flink().awaitRunning(job.jobId(), MAX_RECOVERY);
      // Flink collects the job's metrics once a second.
      TimeUnit.SECONDS.sleep(2);
      fault.stages.set(RecoveryTimeline.read(job.flink(), job.jobId(), fault.at).seconds());
    } catch (FlinkRestException e) {
      context.results().note("Flink does not tell the stages of a recovery: " + e.getMessage());
    }
  }

  private static void awaitFirstVerdict(Inflicted fault) throws InterruptedException {
    long giveUpNanos = fault.nanos + MAX_RECOVERY.toNanos();
    while (fault.resumedNanos.getAsLong() == Long.MAX_VALUE && System.nanoTime() < giveUpNanos) {
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }

  private Inflicted inflict(PlannedFault planned) throws Exception {
    context.view().line("  %s", planned.fault().key());
    // Before the clock is read: to find them may take seconds.
    List<TestbedProcess> workers = engine.workers();
    Instant at = Instant.now();
    long now = System.nanoTime();
    begin(planned.fault(), workers);
    // What was sent before may have its verdict from before.
    long sentAfter = System.nanoTime();
    Inflicted fault =
        new Inflicted(
            planned,
            at,
            now,
            recording.firstVerdictAfter(sentAfter),
            new AtomicLong(),
            new AtomicReference<>(Map.of()));
    inflicted.add(fault);
    awaitAndEnd(fault, workers);
    fault.endedNanos.set(System.nanoTime());
    return fault;
  }

  /** Returns when the engine cannot decide any more, or, after a crash, as it did before. */
  private void begin(Fault fault, List<TestbedProcess> workers) throws Exception {
    switch (fault) {
      case KILL_TASKMANAGER -> testbed().kill(workers.get(0));
      case PAUSE_TASKMANAGER -> testbed().pause(workers.get(0));
      case CUT_FROM_BROKER -> testbed().cutFromBrokers(workers.get(0));
      case STOP_BROKER -> testbed().kill(TestbedProcess.BROKER);
      case PAUSE_KEY_SERVER -> testbed().pauseKeyServer();
      case FEED_DOWN, FEED_SLOW, FEED_LYING -> feeds.inflict(fault);
      // Its TaskManagers still decide for a moment: what is sent once it is back is what counts.
      case KILL_JOBMANAGER -> engine.crashCoordinator();
      case UPGRADE, RESCALE -> {}
    }
  }

  /** Lets the fault last, and ends it. */
  private void awaitAndEnd(Inflicted fault, List<TestbedProcess> workers) throws Exception {
    switch (fault.planned.fault()) {
      case KILL_TASKMANAGER -> {
        TestbedProcess victim = workers.get(0);
        if (engine.hasSpareWorker()) {
          context.view().line("  %s killed (SIGKILL); a spare one takes over", victim);
          awaitFirstVerdict(fault);
        } else {
          context.view().line("  %s killed (SIGKILL); starting another one", victim);
        }
        engine.replaceWorker();
      }
      case PAUSE_TASKMANAGER -> {
        // A short freeze needs none, and the start of a JVM would be felt more than the freeze.
        if (!engine.hasSpareWorker()) {
          engine.replaceWorker();
        }
        last(fault, DEFAULT_PAUSE);
        testbed().resume(workers.get(0));
      }
      case KILL_JOBMANAGER -> {}
      case CUT_FROM_BROKER -> {
        last(fault, DEFAULT_OUTAGE);
        testbed().reconnectToBrokers(workers.get(0));
      }
      case STOP_BROKER -> {
        last(fault, DEFAULT_OUTAGE);
        testbed().start(TestbedProcess.BROKER);
      }
      case PAUSE_KEY_SERVER -> {
        last(fault, DEFAULT_OUTAGE);
        testbed().resumeKeyServer();
      }
      case UPGRADE -> engine.upgrade();
      case RESCALE -> engine.rescale(fault.planned.to());
      case FEED_DOWN, FEED_SLOW, FEED_LYING -> {
        last(fault, DEFAULT_OUTAGE);
        feeds.lift(fault.planned.fault());
      }
    }
  }

  private Testbed testbed() {
    return context.deployment().testbed();
  }

  /** Lets the fault last for as long as the scenario says, or else for its usual length. */
  private static void last(Inflicted fault, Duration usual) throws InterruptedException {
    Duration length = fault.planned.length();
    sleepUntil(fault.nanos + (length.isZero() ? usual : length).toNanos());
  }

  List<FaultResult> results() {
    return inflicted.stream().map(this::result).toList();
  }

  private FaultResult result(Inflicted fault) {
    long resumed = fault.resumedNanos.getAsLong();
    int caughtUp = caughtUp(fault);
    long ended = fault.endedNanos.get();
    return new FaultResult(
        sinceMeasured(fault.nanos),
        fault.planned.fault().key(),
        resumed == Long.MAX_VALUE ? null : (resumed - fault.nanos) / 1e9,
        caughtUp < 0 ? null : Math.max(0, caughtUp - (fault.nanos - recording.startNanos()) / 1e9),
        ended == 0 ? null : sinceMeasured(ended),
        fault.stages.get());
  }

  /** Tells whether a second of the recorder lies in no fault and no recovery from one. */
  boolean undisturbed(long second) {
    return inflicted.stream()
        .noneMatch(
            fault -> {
              int caughtUp = caughtUp(fault);
              return second >= recording.secondOf(fault.nanos)
                  && (caughtUp < 0 || second < caughtUp);
            });
  }

  /** Returns the second of the recorder in which the latency was normal again; -1 if none was. */
  private int caughtUp(Inflicted fault) {
    // The second of the fault itself was mostly undisturbed.
    return recording.caughtUpSecond(
        recording.secondOf(fault.nanos) + 1, context.scenario().p99LimitMs());
  }

  private double sinceMeasured(long nanos) {
    return (nanos - recording.measuredFromNanos()) / 1e9;
  }

  private static void sleepUntil(long nanos) throws InterruptedException {
    TimeUnit.NANOSECONDS.sleep(nanos - System.nanoTime());
  }
}
