package io.turnstile.job.harness;

import static org.awaitility.Awaitility.await;

import io.turnstile.job.codec.RecordType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.StateLatencyTrackOptions;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.operators.coordination.OperatorEvent;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.apache.flink.streaming.api.operators.StreamOperatorFactory;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;

/**
 * A keyed operator with two inputs in Flink's harness, at any parallelism: elements go to the
 * subtask that owns their key, and a snapshot can be restored at another parallelism. Time does not
 * pass until it is set; one clock for timers and time-to-live.
 */
public final class OperatorUnderTest<A, B, O> implements AutoCloseable {

  /** The tested operator and its types. */
  public record Spec<A, B, O>(
      StreamOperatorFactory<O> factory,
      RecordType<A> firstType,
      KeySelector<A, String> firstKey,
      RecordType<B> secondType,
      KeySelector<B, String> secondKey,
      RecordType<O> outputType,
      int maxParallelism) {}

  /** A checkpoint of all subtasks. */
  public record Checkpoint(OperatorSubtaskState state, int parallelism) {}

  private static final Duration MAX_READING = Duration.ofMinutes(1);

  private final Spec<A, B, O> spec;
  private final List<Subtask<A, B, O>> subtasks;
  private long now;
  private long checkpoints;

  private OperatorUnderTest(Spec<A, B, O> spec, List<Subtask<A, B, O>> subtasks, long now) {
    this.spec = spec;
    this.subtasks = subtasks;
    this.now = now;
  }

  /** Starts one subtask without state, on heap. */
  public static <A, B, O> OperatorUnderTest<A, B, O> start(Spec<A, B, O> spec, long now)
      throws Exception {
    return start(spec, now, 1, new HashMapStateBackend(), null);
  }

  /**
   * Starts the operator.
   *
   * @param checkpoint to restore; null starts without state
   */
  public static <A, B, O> OperatorUnderTest<A, B, O> start(
      Spec<A, B, O> spec, long now, int parallelism, StateBackend backend, Checkpoint checkpoint)
      throws Exception {
    List<Subtask<A, B, O>> subtasks = new ArrayList<>();
    OperatorUnderTest<A, B, O> started = new OperatorUnderTest<>(spec, subtasks, now);
    try {
      for (int i = 0; i < parallelism; i++) {
        Subtask<A, B, O> subtask = Subtask.create(spec, backend, parallelism, i);
        subtasks.add(subtask);
        subtask.setTime(now);
        if (checkpoint != null) {
          subtask.initializeState(
              AbstractStreamOperatorTestHarness.repartitionOperatorState(
                  checkpoint.state(),
                  spec.maxParallelism(),
                  checkpoint.parallelism(),
                  parallelism,
                  i));
        }
        subtask.open();
      }
    } catch (Exception e) {
      started.close();
      throw e;
    }
    return started;
  }

  /** Starts one subtask without state, on a heap that counts {@link #stateAccesses}. */
  public static <A, B, O> OperatorUnderTest<A, B, O> startCounting(Spec<A, B, O> spec, long now)
      throws Exception {
    Configuration counting = new Configuration();
    counting.set(StateLatencyTrackOptions.LATENCY_TRACK_ENABLED, true);
    counting.set(StateLatencyTrackOptions.LATENCY_TRACK_SAMPLE_INTERVAL, 2);
    StateBackend backend =
        new HashMapStateBackend().configure(counting, OperatorUnderTest.class.getClassLoader());
    return start(spec, now, 1, backend, null);
  }

  /**
   * Reads, writes and steps of iterations of keyed state since a counting start. Flink counts every
   * other one of each sort: this is that, doubled.
   */
  public long stateAccesses() {
    return subtasks.stream().mapToLong(Subtask::stateAccesses).sum();
  }

  public void first(A element) throws Exception {
    subtaskOf(spec.firstKey().getKey(element)).send1(element);
  }

  public void second(B element) throws Exception {
    subtaskOf(spec.secondKey().getKey(element)).send2(element);
  }

  public long now() {
    return now;
  }

  /** Sets the clock and fires the timers that are due; waits for what is read beside the task. */
  public void setTime(long epochMillis) throws Exception {
    advanceHeldUp(epochMillis - now);
    finishReadings();
  }

  /** Lets time pass in which nothing is read beside the task, and fires the timers that are due. */
  public void advanceHeldUp(long millis) throws Exception {
    now += millis;
    for (Subtask<A, B, O> subtask : subtasks) {
      subtask.setTime(now);
    }
  }

  /** Waits until nothing is read beside the task any more, and runs the mails of it. */
  public void finishReadings() {
    for (Subtask<A, B, O> subtask : subtasks) {
      if (!subtask.isReading()) {
        continue; // Its mails are for the test to run.
      }
      await()
          .pollInSameThread()
          .atMost(MAX_READING)
          .pollInterval(Duration.ofMillis(1))
          .until(
              () -> {
                subtask.runMails();
                return !subtask.isReading();
              });
    }
  }

  public void advance(long millis) throws Exception {
    setTime(now + millis);
  }

  /** Ends both inputs, as a bounded source or a drained savepoint does. */
  public void endInputs() throws Exception {
    for (Subtask<A, B, O> subtask : subtasks) {
      subtask.endInputs();
    }
  }

  /** Finishes the operator, as Flink does after the last record. */
  public void finish() throws Exception {
    for (Subtask<A, B, O> subtask : subtasks) {
      subtask.finish();
    }
  }

  /** Lets the operator's coordinator say something to all subtasks. */
  public void event(OperatorEvent event) {
    subtasks.forEach(subtask -> subtask.event(event));
  }

  /** Runs the mails that have arrived. */
  public void runMails() throws Exception {
    for (Subtask<A, B, O> subtask : subtasks) {
      subtask.runMails();
    }
  }

  /** Takes the output since the last call, subtask by subtask. */
  public List<O> take() {
    List<O> all = new ArrayList<>();
    subtasks.forEach(subtask -> all.addAll(subtask.take()));
    return all;
  }

  public Checkpoint checkpoint() throws Exception {
    checkpoints++;
    OperatorSubtaskState[] states = new OperatorSubtaskState[subtasks.size()];
    for (int i = 0; i < states.length; i++) {
      states[i] = subtasks.get(i).snapshot(checkpoints);
    }
    return new Checkpoint(AbstractStreamOperatorTestHarness.repackageState(states), states.length);
  }

  /** The last checkpoint is complete. */
  public void completeCheckpoint() throws Exception {
    completeCheckpoint(checkpoints);
  }

  /** The nth checkpoint since the start is complete, from 1. */
  public void completeCheckpoint(long id) throws Exception {
    for (Subtask<A, B, O> subtask : subtasks) {
      subtask.notifyOfCompletedCheckpoint(id);
    }
  }

  public int timers() {
    return subtasks.stream().mapToInt(Subtask::numTimers).sum();
  }

  /** Entries in keyed state, expired ones with them until they are collected. */
  public int stateEntries() throws Exception {
    int entries = 0;
    for (Subtask<A, B, O> subtask : subtasks) {
      entries += subtask.stateEntries();
    }
    return entries;
  }

  /** Does what RocksDB does in time by itself; the heap collects garbage with every access. */
  public void collectGarbage(String... states) throws Exception {
    for (Subtask<A, B, O> subtask : subtasks) {
      subtask.compact(states);
    }
  }

  /** The sum over the subtasks. */
  public long gauge(String name) {
    return subtasks.stream().mapToLong(subtask -> subtask.gauge(name)).sum();
  }

  /** Stops like a crash: nothing is snapshot. */
  @Override
  public void close() {
    subtasks.forEach(Subtask::stop);
  }

  private Subtask<A, B, O> subtaskOf(String key) {
    return subtasks.get(
        KeyGroupRangeAssignment.assignKeyToParallelOperator(
            key, spec.maxParallelism(), subtasks.size()));
  }
}
