package io.turnstile.job.enrich;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.turnstile.decision.reference.Reference;
import io.turnstile.job.read.ReferenceKind;
import io.turnstile.job.read.ReferenceTopic;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.ListSerializer;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.InternalTimer;
import org.apache.flink.streaming.api.operators.InternalTimerService;
import org.apache.flink.streaming.api.operators.Triggerable;

/**
 * Joins elements with reference data of the same key: a part of an operator that is keyed. An
 * element whose reference is missing can wait for it, up to {@code maxWait}. Used by the task
 * thread alone.
 *
 * <p>A wait ends by the watermarks of the reference stream, {@link ReadProgressWatermarks}, and not
 * by the machine's clock: an operator whose downstream takes nothing reads nothing, but time goes
 * on, and what came in time may still be unread.
 *
 * <p>At every start the reference topic is read to its end before the first element, so that
 * nothing is turned away for a reference that was already published: from its beginning on a cold
 * start, else from where the checkpoint had got to. What waited before a restore waits its full
 * time again.
 *
 * @param <I> the elements
 * @param <R> the reference records
 */
public final class ReferenceJoin<I, R> implements Triggerable<String, VoidNamespace> {

  /** What an operator does with an element that has waited. */
  @FunctionalInterface
  public interface AfterWait<I, R> {

    /**
     * Processes an element that has waited, perhaps through a restore; its key is the current key.
     *
     * @param reference the version in force; null if none came in time
     */
    void process(I element, R reference) throws Exception;
  }

  /** Some 5 MiB of ordinary products or customers, 100 MiB of the longest that are allowed. */
  private static final int MAX_RECENT = 10_000;

  private final ReferenceKind<R> kind;
  private final ReferenceTopic<R> topic;
  private final long maxWaitMillis;
  private final TypeSerializer<I> elementSerializer;
  private final AbstractStreamOperator<?> operator;
  private final AfterWait<I, R> afterWait;

  private ValueState<Reference<R>> reference;

  /** What {@link #reference} holds, of the keys used last: spares most of reading from RocksDB. */
  private final Cache<String, Reference<R>> recent =
      // In the task thread: what is evicted is evicted at once, and nothing runs elsewhere.
      Caffeine.newBuilder().maximumSize(MAX_RECENT).executor(Runnable::run).build();

  /** Elements that wait, by the time at which they have waited long enough. */
  private MapState<Long, List<I>> waiting;

  private MapStateDescriptor<Long, List<I>> waitingDescriptor;

  /** How far this subtask knows the reference topic, by partition. */
  private Map<Integer, Long> positions;

  private ListState<Map<Integer, Long>> checkpointedPositions;

  private InternalTimerService<VoidNamespace> timers;
  private boolean restored;
  private long waitingCount;

  /** Up to when references have been read, epoch milliseconds by their source's clock. */
  private long readUntil = Long.MIN_VALUE;

  /**
   * A part of an operator that the operator makes in its constructor.
   *
   * @param operator it is part of
   * @param topic read to its end at every start
   * @param maxWait how long an element waits for an unknown reference
   * @param elementSerializer of the elements that wait
   */
  public ReferenceJoin(
      AbstractStreamOperator<?> operator,
      ReferenceKind<R> kind,
      ReferenceTopic<R> topic,
      Duration maxWait,
      TypeSerializer<I> elementSerializer,
      AfterWait<I, R> afterWait) {
    this.operator = operator;
    this.kind = kind;
    this.topic = topic;
    this.maxWaitMillis = maxWait.toMillis();
    this.elementSerializer = elementSerializer;
    this.afterWait = afterWait;
  }

  /** Restores what an earlier attempt knew; to be called by the operator's method of that name. */
  public void initializeState(StateInitializationContext context) throws Exception {
    restored = context.isRestored();
    reference =
        context
            .getKeyedStateStore()
            .getState(new ValueStateDescriptor<>("reference", kind.serializer()));
    waitingDescriptor =
        new MapStateDescriptor<>(
            "waiting", LongSerializer.INSTANCE, new ListSerializer<>(elementSerializer));
    waiting = context.getKeyedStateStore().getMapState(waitingDescriptor);
    checkpointedPositions =
        context
            .getOperatorStateStore()
            .getUnionListState(
                new ListStateDescriptor<>("reference-positions", Types.MAP(Types.INT, Types.LONG)));
    positions = knownToAll(checkpointedPositions.get());
  }

  /** Reads the topic to its end; to be called by the operator's method of that name. */
  public void open() throws Exception {
    timers = operator.getInternalTimerService("waiting", VoidNamespaceSerializer.INSTANCE, this);
    catchUp();
    if (restored) {
      forEachKeyThatWaits(this::waitAgain);
    }
    operator.getMetricGroup().gauge("waiting", () -> waitingCount);
  }

  /**
   * Gives what waited before a restore its full time again: references published meanwhile may
   * still be on their way.
   */
  private void waitAgain() throws Exception {
    List<I> elements = removeWaiting();
    waitingCount += elements.size();
    await(elements);
    if (current() != null) {
      // Found while catching up. Nothing may be emitted from open(): a timer that is due does it.
      timers.registerProcessingTimeTimer(VoidNamespace.INSTANCE, now());
    }
  }

  /** Brings the references of this subtask's key groups up to the topic's end. */
  private void catchUp() throws IOException {
    int maxParallelism =
        operator.getRuntimeContext().getTaskInfo().getMaxNumberOfParallelSubtasks();
    KeyGroupRange mine =
        KeyGroupRangeAssignment.computeKeyGroupRangeForOperatorIndex(
            maxParallelism,
            operator.getRuntimeContext().getTaskInfo().getNumberOfParallelSubtasks(),
            operator.getRuntimeContext().getTaskInfo().getIndexOfThisSubtask());
    Map<Integer, Long> end =
        topic.readToEnd(
            positions,
            key -> mine.contains(KeyGroupRangeAssignment.assignToKeyGroup(key, maxParallelism)),
            this::catchUp);
    positions.putAll(end);
  }

  private void catchUp(Reference<R> update) {
    try {
      operator.setCurrentKey(update.key());
      apply(update);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (Exception e) {
      throw new IllegalStateException("state of " + update.key(), e);
    }
  }

  /** Lets an element wait; its key is the current key, and {@link #current} is null. */
  public void await(I element) throws Exception {
    await(List.of(element));
    waitingCount++;
  }

  /** Takes an update of the reference of the current key, and ends the waits for it. */
  public void update(Reference<R> update) throws Exception {
    positions.merge(update.partition(), update.offset() + 1, Math::max);
    if (apply(update)) {
      release();
    }
  }

  /**
   * The reference stream has been read up to a time.
   *
   * @param millis epoch milliseconds
   */
  public void readUntil(long millis) {
    readUntil = millis;
  }

  @Override
  public void onEventTime(InternalTimer<String, VoidNamespace> timer) throws Exception {
    if (current() != null) {
      release();
      return;
    }
    List<I> due = waiting.get(timer.getTimestamp());
    if (due == null) {
      return;
    }
    waiting.remove(timer.getTimestamp());
    for (I element : due) {
      waitingCount--;
      afterWait.process(element, null);
    }
  }

  @Override
  public void onProcessingTime(InternalTimer<String, VoidNamespace> timer) throws Exception {
    if (current() != null) {
      release();
    }
  }

  /** Ends all waits: Flink fires no more timers, and no reference can come any more. */
  public void endInput() throws Exception {
    forEachKeyThatWaits(this::release);
  }

  /** Adds what a later attempt must know; to be called by the operator's method of that name. */
  public void snapshotState() throws Exception {
    checkpointedPositions.update(List.of(positions));
  }

  /** The version in force under the current key, or null. */
  public R current() throws IOException {
    Reference<R> known = known();
    return known == null ? null : known.value();
  }

  private Reference<R> known() throws IOException {
    String key = (String) operator.getCurrentKey();
    Reference<R> known = recent.getIfPresent(key);
    if (known == null) {
      known = reference.value();
      if (known != null) {
        recent.put(key, known);
      }
    }
    return known;
  }

  /** Whether the update changed what holds. */
  private boolean apply(Reference<R> update) throws IOException {
    Reference<R> before = known();
    Reference<R> after = before == null ? update : before.then(update);
    if (after.equals(before)) {
      return false;
    }
    reference.update(after);
    recent.put(update.key(), after);
    return after.value() != null;
  }

  private void await(List<I> elements) throws Exception {
    // A source's clock that is ahead does not cut the wait short.
    long until = Math.max(now(), readUntil) + maxWaitMillis;
    List<I> others = waiting.get(until);
    List<I> all = others == null ? new ArrayList<>(elements.size()) : new ArrayList<>(others);
    all.addAll(elements);
    waiting.put(until, all);
    timers.registerEventTimeTimer(VoidNamespace.INSTANCE, until);
  }

  /** Processes all that waits under the current key with what is known now. */
  private void release() throws Exception {
    if (waitingCount == 0) {
      return;
    }
    R known = current();
    for (I element : removeWaiting()) {
      waitingCount--;
      afterWait.process(element, known);
    }
  }

  /** What waited under the current key, in the order of arrival. */
  private List<I> removeWaiting() throws Exception {
    TreeMap<Long, List<I>> byDeadline = new TreeMap<>();
    for (Map.Entry<Long, List<I>> entry : waiting.entries()) {
      byDeadline.put(entry.getKey(), entry.getValue());
    }
    List<I> elements = new ArrayList<>();
    byDeadline.forEach(
        (until, some) -> {
          timers.deleteEventTimeTimer(VoidNamespace.INSTANCE, until);
          elements.addAll(some);
        });
    if (!elements.isEmpty()) {
      waiting.clear();
    }
    return elements;
  }

  private interface KeyAction {
    void run() throws Exception;
  }

  private void forEachKeyThatWaits(KeyAction action) throws Exception {
    List<String> keys;
    try (var found =
        operator
            .<String>getKeyedStateBackend()
            .getKeys(waitingDescriptor.getName(), VoidNamespace.INSTANCE)) {
      keys = found.distinct().toList();
    }
    for (String key : keys) {
      operator.setCurrentKey(key);
      action.run();
    }
  }

  /** The machine's clock, epoch milliseconds. */
  private long now() {
    return operator.getProcessingTimeService().getCurrentProcessingTime();
  }

  /**
   * What every former subtask knew: a partition that one had not heard of is read from its start.
   */
  private static Map<Integer, Long> knownToAll(Iterable<Map<Integer, Long>> bySubtask) {
    Map<Integer, Long> common = null;
    for (Map<Integer, Long> one : bySubtask) {
      if (common == null) {
        common = new HashMap<>(one);
      } else {
        common.keySet().retainAll(one.keySet());
        common.replaceAll((partition, offset) -> Math.min(offset, one.get(partition)));
      }
    }
    return common == null ? new HashMap<>() : common;
  }
}
