package io.turnstile.simulator;

import io.turnstile.simulator.SimulatedEvent.Submission;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts the records of a run. The thread that runs counts what it hands to the producer and makes
 * the summary; acknowledgements, failures and progress are for any thread.
 */
final class SimulationCounters {

  private final LongAdder referenceRecords = new LongAdder();
  private final LongAdder acknowledged = new LongAdder();
  private final LongAdder failures = new LongAdder();
  private final AtomicReference<String> firstFailure = new AtomicReference<>();

  // From here on: only the thread that runs.
  private final SortedMap<String, Long> sentByKind = new TreeMap<>();
  private final SortedMap<String, Long> expected = new TreeMap<>();
  private final SortedMap<String, Long> referenceByKind = new TreeMap<>();
  private long sent;

  void sent(Submission submission) {
    sent++;
    sentByKind.merge(submission.kind().name(), 1L, Long::sum);
    expected.merge(submission.expected(), 1L, Long::sum);
  }

  void sentReference(Kind kind) {
    referenceRecords.increment();
    referenceByKind.merge(kind.name(), 1L, Long::sum);
  }

  /** Counts a transaction that is in the topic. */
  void acknowledged() {
    acknowledged.increment();
  }

  void failed(Exception exception) {
    failures.increment();
    firstFailure.compareAndSet(null, exception.toString());
  }

  SimulationProgress progress(long behindNanos) {
    return new SimulationProgress(
        referenceRecords.sum(), acknowledged.sum(), failures.sum(), behindNanos);
  }

  SimulationSummary summary(double seconds, long unanswered) {
    return new SimulationSummary(
        sent,
        acknowledged.sum(),
        seconds,
        sentByKind,
        expected,
        referenceByKind,
        unanswered,
        failures.sum(),
        firstFailure.get());
  }
}
