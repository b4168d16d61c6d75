package io.turnstile.job.enrich;

import io.turnstile.decision.reference.Reference;
import java.io.IOException;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ScheduledFuture;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.InternalTimer;
import org.apache.flink.streaming.api.operators.InternalTimerService;
import org.apache.flink.streaming.api.operators.Triggerable;
import org.apache.flink.util.function.ThrowingRunnable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Joins elements with reference data of the same key: a part of an operator that is keyed. An
 * element whose reference is missing can wait for it. Used by the task thread alone.
 *
 * <p>A wait ends by reading, not by a clock. When its time is over, the topic's high watermark is
 * asked for, and the topic is read up to there, beside the task thread. Only then is the reference
 * missing: whatever holds the source up (a quota, a backlog, a re-publication, somebody's open
 * transaction), what was published in time is found. If the topic cannot be read for too long, the
 * element is given up as <em>unavailable</em>.
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

  /**
   * Outcome of a wait.
   *
   * @param reference the current version; null if there is none
   * @param unavailable whether none is known because the topic could not be read in time
   */
  public record Outcome<R>(R reference, boolean unavailable) {}

  /** Takes an element that has waited. */
  @FunctionalInterface
  public interface AfterWait<I, R> {

    /** Processes an element that has waited, perhaps through a restore; its key is the current. */
    void process(I element, Outcome<R> outcome) throws Exception;
  }

  private static final Logger LOG = LoggerFactory.getLogger(ReferenceJoin.class);

  private static final long RETRY_MILLIS = 1_000;

  private final JoinedReference<R> reference;
  private final TypeSerializer<I> elementSerializer;
  private final AbstractStreamOperator<?> operator;
  private final MailboxExecutor mailbox;
  private final AfterWait<I, R> afterWait;

  private KnownReferences<R> known;
  private WaitingElements<I> waiting;
  private TopicPositions positions;
  private InternalTimerService<VoidNamespace> timers;
  private boolean restored;

  /** Null before the start. */
  private CatchUp<R> catchUp;

  private BackgroundReading<R> reading;
  private boolean readingRequested;

  /** Deadlines that are over, by key: to be settled by the reading that is running. */
  private Map<String, Set<Long>> beingSettled = Map.of();

  /** The same, to be settled by the next reading. */
  private Map<String, Set<Long>> due = new LinkedHashMap<>();

  /**
   * A part of an operator that the operator makes in its constructor.
   *
   * @param operator it is part of
   * @param mailbox of the operator's task
   * @param elementSerializer of the elements that wait
   */
  public ReferenceJoin(
      AbstractStreamOperator<?> operator,
      MailboxExecutor mailbox,
      JoinedReference<R> reference,
      TypeSerializer<I> elementSerializer,
      AfterWait<I, R> afterWait) {
    this.operator = operator;
    this.mailbox = mailbox;
    this.reference = reference;
    this.elementSerializer = elementSerializer;
    this.afterWait = afterWait;
  }

  /** Restores what an earlier attempt knew; to be called by the operator's method of that name. */
  public void initializeState(StateInitializationContext context) throws Exception {
    restored = context.isRestored();
    known = new KnownReferences<>(context.getKeyedStateStore(), reference);
    waiting = new WaitingElements<>(context.getKeyedStateStore(), reference, elementSerializer);
    positions = new TopicPositions(context.getOperatorStateStore(), reference);
  }

  /** Begins to read the topic to its end: for who has something to do before {@link #open}. */
  public void startCatchUp() {
    TaskInfo task = operator.getRuntimeContext().getTaskInfo();
    catchUp =
        new CatchUp<>(
            reference.topic().reader(), positions.next(), OwnedKeys.of(task), threadName(task));
  }

  /** Waits for the topic's end as it is now; to be called by the operator's method of that name. */
  public void open() throws Exception {
    timers =
        operator.getInternalTimerService(
            reference.own(WaitingElements.STATE), VoidNamespaceSerializer.INSTANCE, this);
    waiting.open(timers);
    if (catchUp == null) {
      startCatchUp();
      positions.advance(catchUp.finish(this::catchUp));
    } else {
      positions.advance(catchUp.finish(this::catchUp));
      // It knew the end of then, not what was published meanwhile.
      positions.advance(catchUp.readOn(positions.next(), this::catchUp));
    }
    catchUp.close();
    long readAt = now();
    MetricGroup metrics = reference.in(operator.getMetricGroup());
    metrics.gauge("referencesReadAtMillis", () -> readAt);
    TaskInfo task = operator.getRuntimeContext().getTaskInfo();
    reading =
        new BackgroundReading<>(
            reference.topic().reader(),
            OwnedKeys.of(task),
            mailbox,
            threadName(task),
            new Readings());
    if (restored) {
      forEachKeyThatWaits(this::waitAgain);
    }
    metrics.gauge("waiting", () -> waiting.count());
    metrics.gauge("readingTopic", () -> readingRequested || reading.isRunning() ? 1L : 0L);
  }

  /**
   * Gives what waited before a restore its full time again: references published meanwhile may
   * still be on their way.
   */
  private void waitAgain() throws Exception {
    waiting.addAgain(now());
    if (current() != null) {
      // Found while catching up. Nothing may be emitted from open(): a timer that is due does it.
      timers.registerProcessingTimeTimer(VoidNamespace.INSTANCE, now());
    }
  }

  private String threadName(TaskInfo task) {
    return task.getTaskNameWithSubtasks() + reference.own(" reference topic");
  }

  private void catchUp(Reference<R> update) {
    try {
      operator.setCurrentKey(update.key());
      known.apply(update);
    } catch (Exception e) {
      throw new IllegalStateException("state of " + update.key(), e);
    }
  }

  /** Lets an element wait; its key is the current key, and {@link #current} is null. */
  public void await(I element) throws Exception {
    waiting.add(element, now());
  }

  /** Takes an update of the reference of the current key, and ends the waits for it. */
  public void update(Reference<R> update) throws Exception {
    positions.advance(update.partition(), update.offset() + 1);
    if (known.apply(update)) {
      release();
    }
  }

  @Override
  public void onEventTime(InternalTimer<String, VoidNamespace> timer) {
    throw new IllegalStateException("no timer of event time is ever set");
  }

  @Override
  public void onProcessingTime(InternalTimer<String, VoidNamespace> timer) throws Exception {
    if (current() != null) {
      release();
      return;
    }
    long time = timer.getTimestamp();
    giveUp(timer.getKey(), waiting.deadlineGivenUpAt(time));
    if (waiting.extend(time)) {
      due.computeIfAbsent(timer.getKey(), key -> new HashSet<>()).add(time);
      requestReading();
    }
  }

  private void giveUp(String key, long deadline) throws Exception {
    forget(due, key, deadline);
    forget(beingSettled, key, deadline);
    process(waiting.remove(Set.of(deadline)), new Outcome<>(null, true));
  }

  /** Removes a deadline: it must not stay in memory for as long as the topic cannot be read. */
  private static void forget(Map<String, Set<Long>> deadlines, String key, long deadline) {
    Set<Long> ofKey = deadlines.get(key);
    if (ofKey != null && ofKey.remove(deadline) && ofKey.isEmpty()) {
      deadlines.remove(key);
    }
  }

  /** Not at once: one reading is to serve all the timers that fire now. */
  private void requestReading() {
    if (!readingRequested) {
      readingRequested = true;
      mailbox.execute(this::read, "reference topic");
    }
  }

  /** Reads for all that is due, unless a reading is running: the next one is for them. */
  private void read() {
    readingRequested = false;
    if (!due.isEmpty() && !reading.isRunning()) {
      beingSettled = due;
      due = new LinkedHashMap<>();
      reading.start(positions.next());
    }
  }

  private final class Readings implements BackgroundReading.Listener<R> {

    @Override
    public void updates(List<Reference<R>> updates) throws Exception {
      Set<String> news = new LinkedHashSet<>();
      for (Reference<R> update : updates) {
        operator.setCurrentKey(update.key());
        if (known.apply(update)) {
          news.add(update.key());
        }
      }
      for (String key : news) {
        operator.setCurrentKey(key);
        if (current() != null) {
          release();
        }
      }
    }

    @Override
    public void finished(Map<Integer, Long> end) throws Exception {
      positions.advance(end);
      Map<String, Set<Long>> settled = beingSettled;
      beingSettled = Map.of();
      for (Map.Entry<String, Set<Long>> each : settled.entrySet()) {
        operator.setCurrentKey(each.getKey());
        process(waiting.remove(each.getValue()), new Outcome<>(current(), false));
      }
      read();
    }

    @Override
    public void failed(IOException e) {
      LOG.warn("Expired waits are extended because the topic cannot be read: {}", e.getMessage());
      beingSettled.forEach(
          (key, deadlines) -> due.computeIfAbsent(key, each -> new HashSet<>()).addAll(deadlines));
      beingSettled = Map.of();
      ScheduledFuture<?> unused =
          operator
              .getProcessingTimeService()
              .registerTimer(now() + RETRY_MILLIS, timestamp -> read());
    }
  }

  /** Ends all waits: Flink fires no more timers, and no reference can come any more. */
  public void endInput() throws Exception {
    forEachKeyThatWaits(this::release);
  }

  /** Ends the reading; to be called by the operator's method of that name, also if open failed. */
  public void close() {
    if (catchUp != null) {
      catchUp.close();
    }
    if (reading != null) {
      reading.close();
    }
  }

  /** Adds what a later attempt must know; to be called by the operator's method of that name. */
  public void snapshotState() throws Exception {
    positions.snapshot();
  }

  /** The current version under the current key, or null. */
  public R current() throws IOException {
    return known.current((String) operator.getCurrentKey());
  }

  /** Processes all that waits under the current key with what is known now. */
  private void release() throws Exception {
    if (waiting.count() > 0) {
      process(waiting.removeAll(), new Outcome<>(current(), false));
    }
  }

  private void process(Collection<I> elements, Outcome<R> outcome) throws Exception {
    for (I element : elements) {
      afterWait.process(element, outcome);
    }
  }

  private void forEachKeyThatWaits(ThrowingRunnable<Exception> action) throws Exception {
    List<String> keys;
    try (var found =
        operator
            .<String>getKeyedStateBackend()
            .getKeys(reference.own(WaitingElements.STATE), VoidNamespace.INSTANCE)) {
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
}
