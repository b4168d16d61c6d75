package io.turnstile.job.enrich;

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
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedMultiInput;
import org.apache.flink.streaming.api.operators.InternalTimer;
import org.apache.flink.streaming.api.operators.InternalTimerService;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.api.operators.Triggerable;
import org.apache.flink.streaming.api.operators.TwoInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Joins a stream with reference data of the same key. An element that needs a reference which is
 * not there waits for it, up to {@code maxWait}.
 *
 * <p>A wait ends by the watermarks of the second input, {@link ReadProgressWatermarks}, and not by
 * the machine's clock: an operator whose downstream takes nothing reads nothing, but time goes on,
 * and what came in time may still be unread.
 *
 * <p>At every start the reference topic is read to its end before the first element, so that
 * nothing is turned away for a reference that was already published: from its beginning on a cold
 * start, else from where the checkpoint had got to. What waited before a restore waits its full
 * time again.
 *
 * @param <I> the elements
 * @param <R> the reference records
 * @param <O> the output
 */
public abstract class ReferenceJoinOperator<I, R, O> extends AbstractStreamOperator<O>
    implements TwoInputStreamOperator<I, Reference<R>, O>,
        Triggerable<String, VoidNamespace>,
        BoundedMultiInput {

  /** Some 5 MiB of ordinary products or customers, 100 MiB of the longest that are allowed. */
  private static final int MAX_RECENT = 10_000;

  private final ReferenceKind<R> kind;
  private final ReferenceTopic<R> topic;
  private final long maxWaitMillis;
  private final TypeSerializer<I> elementSerializer;

  private transient ValueState<Reference<R>> reference;

  /** What {@link #reference} holds, of the keys used last: spares most of reading from RocksDB. */
  private transient Map<String, Reference<R>> recent;

  /** Elements that wait, by the time at which they have waited long enough. */
  private transient MapState<Long, List<I>> waiting;

  private transient MapStateDescriptor<Long, List<I>> waitingDescriptor;

  /** How far this subtask knows the reference topic, by partition. */
  private transient Map<Integer, Long> positions;

  private transient ListState<Map<Integer, Long>> checkpointedPositions;

  private transient InternalTimerService<VoidNamespace> timers;
  private transient boolean restored;
  private transient int inputsEnded;
  private transient long waitingCount;

  /** Up to when references have been read, epoch milliseconds by their source's clock. */
  private transient long readUntil;

  protected ReferenceJoinOperator(
      StreamOperatorParameters<O> parameters,
      ReferenceKind<R> kind,
      ReferenceTopic<R> topic,
      Duration maxWait,
      TypeSerializer<I> elementSerializer) {
    super(parameters);
    this.kind = kind;
    this.topic = topic;
    this.maxWaitMillis = maxWait.toMillis();
    this.elementSerializer = elementSerializer;
  }

  /** Whether the element cannot be processed without a reference before it has waited. */
  protected abstract boolean needsReference(I element);

  /**
   * Processes an element; its key is the current key.
   *
   * @param reference the version in force; null if there is none, also after waiting
   */
  protected abstract void process(I element, R reference) throws Exception;

  /** The same for an element that has waited, perhaps through a restore. */
  protected void processAfterWait(I element, R reference) throws Exception {
    process(element, reference);
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    restored = context.isRestored();
    reference =
        context
            .getKeyedStateStore()
            .getState(new ValueStateDescriptor<>("reference", kind.serializer()));
    recent = new RecentlyUsed<>(MAX_RECENT);
    readUntil = Long.MIN_VALUE;
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

  @Override
  public void open() throws Exception {
    super.open();
    timers = getInternalTimerService("waiting", VoidNamespaceSerializer.INSTANCE, this);
    catchUp();
    if (restored) {
      forEachKeyThatWaits(this::waitAgain);
    }
    getMetricGroup().gauge("waiting", () -> waitingCount);
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
    int maxParallelism = getRuntimeContext().getTaskInfo().getMaxNumberOfParallelSubtasks();
    KeyGroupRange mine =
        KeyGroupRangeAssignment.computeKeyGroupRangeForOperatorIndex(
            maxParallelism,
            getRuntimeContext().getTaskInfo().getNumberOfParallelSubtasks(),
            getRuntimeContext().getTaskInfo().getIndexOfThisSubtask());
    Map<Integer, Long> end =
        topic.readToEnd(
            positions,
            key -> mine.contains(KeyGroupRangeAssignment.assignToKeyGroup(key, maxParallelism)),
            this::catchUp);
    positions.putAll(end);
  }

  private void catchUp(Reference<R> update) {
    try {
      setCurrentKey(update.key());
      apply(update);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (Exception e) {
      throw new IllegalStateException("state of " + update.key(), e);
    }
  }

  @Override
  public void processElement1(StreamRecord<I> record) throws Exception {
    I element = record.getValue();
    R known = current();
    if (known == null && needsReference(element)) {
      await(List.of(element));
      waitingCount++;
    } else {
      process(element, known);
    }
  }

  @Override
  public void processElement2(StreamRecord<Reference<R>> record) throws Exception {
    Reference<R> update = record.getValue();
    positions.merge(update.partition(), update.offset() + 1, Math::max);
    if (apply(update)) {
      release();
    }
  }

  /** Not combined with the first input's watermarks, of which there are none. */
  @Override
  public void processWatermark2(Watermark mark) throws Exception {
    if (mark.equals(Watermark.MAX_WATERMARK)) {
      return; // The end of the input: endInput() decides what waits then.
    }
    readUntil = mark.getTimestamp();
    getTimeServiceManager().orElseThrow().advanceWatermark(mark);
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
      processAfterWait(element, null);
    }
  }

  @Override
  public void onProcessingTime(InternalTimer<String, VoidNamespace> timer) throws Exception {
    if (current() != null) {
      release();
    }
  }

  /** Decides what still waits: Flink fires no more timers, and no reference can come any more. */
  @Override
  public void endInput(int inputId) throws Exception {
    inputsEnded++;
    if (inputsEnded == 2) {
      forEachKeyThatWaits(this::release);
    }
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    checkpointedPositions.update(List.of(positions));
  }

  /** The version in force under the current key, or null. */
  private R current() throws IOException {
    Reference<R> known = known();
    return known == null ? null : known.value();
  }

  private Reference<R> known() throws IOException {
    String key = (String) getCurrentKey();
    Reference<R> known = recent.get(key);
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
      processAfterWait(element, known);
    }
  }

  /** What waited under the current key, in the order of metadata. */
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
        this.<String>getKeyedStateBackend()
            .getKeys(waitingDescriptor.getName(), VoidNamespace.INSTANCE)) {
      keys = found.distinct().toList();
    }
    for (String key : keys) {
      setCurrentKey(key);
      action.run();
    }
  }

  /** The machine's clock, epoch milliseconds. */
  protected final long now() {
    return getProcessingTimeService().getCurrentProcessingTime();
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
