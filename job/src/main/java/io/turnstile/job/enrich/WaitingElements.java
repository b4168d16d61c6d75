package io.turnstile.job.enrich;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongPredicate;
import org.apache.flink.api.common.state.KeyedStateStore;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.streaming.api.operators.InternalTimerService;

/**
 * Elements that wait under the current key, each until a deadline, with their timers: one at the
 * deadline, and one a grace later, when they are given up. Used by the task thread alone.
 *
 * @param <I> the elements
 */
final class WaitingElements<I> {

  /** Name of the state and of its timers, but for the join's own. */
  static final String STATE = "waiting";

  /** Deadlines are multiples of it: one timer and one reading serve all that wait together. */
  static final long DEADLINE_MILLIS = 250;

  /** Low bits of an id, which tell elements of one deadline apart. */
  private static final int SEQUENCE_BITS = 20;

  private final MapState<Long, I> byId;
  private final long waitMillis;
  private final long graceMillis;
  private InternalTimerService<VoidNamespace> timers;
  private long sequence;
  private long count;

  WaitingElements(
      KeyedStateStore state, JoinedReference<?> reference, TypeSerializer<I> serializer) {
    WaitSettings wait = reference.waits();
    byId =
        state.getMapState(
            new MapStateDescriptor<>(reference.own(STATE), LongSerializer.INSTANCE, serializer));
    waitMillis = wait.minWait().toMillis();
    long grace = wait.maxWait().minus(wait.minWait()).toMillis();
    // No multiple of the deadlines' distance: else deleting the timer of one element's end would
    // delete that of another one's deadline.
    graceMillis = grace - grace % DEADLINE_MILLIS + DEADLINE_MILLIS / 2;
  }

  /** Timers can be had only when the operator opens. */
  void open(InternalTimerService<VoidNamespace> timerService) {
    timers = timerService;
  }

  /** Adds an element, and sets the timer of its deadline. */
  void add(I element, long now) throws Exception {
    long deadline = -Math.floorDiv(-(now + waitMillis), DEADLINE_MILLIS) * DEADLINE_MILLIS;
    sequence++;
    byId.put((deadline << SEQUENCE_BITS) | (sequence & ((1 << SEQUENCE_BITS) - 1)), element);
    count++;
    timers.registerProcessingTimeTimer(VoidNamespace.INSTANCE, deadline);
  }

  /** Adds all elements again, in the order of arrival, each with its full time from now on. */
  void addAgain(long now) throws Exception {
    // A restore does not know how many there are.
    List<I> elements = new ArrayList<>(remove(id -> true));
    count += elements.size();
    for (I element : elements) {
      add(element, now);
    }
  }

  /** Elements of all keys. */
  long count() {
    return count;
  }

  /** Sets the timer that gives up the elements with this deadline; false if there are none. */
  boolean extend(long deadline) throws Exception {
    for (long id : byId.keys()) {
      if (id >> SEQUENCE_BITS == deadline) {
        timers.registerProcessingTimeTimer(VoidNamespace.INSTANCE, deadline + graceMillis);
        return true;
      }
    }
    return false;
  }

  /** The deadline of the elements that a timer at this time gives up. */
  long deadlineGivenUpAt(long time) {
    return time - graceMillis;
  }

  /** Removes all elements with their timers, in the order of arrival. */
  Collection<I> removeAll() throws Exception {
    return remove(id -> true);
  }

  /** Removes the elements of some deadlines with their timers, in the order of arrival. */
  Collection<I> remove(Collection<Long> deadlines) throws Exception {
    return remove(id -> deadlines.contains(id >> SEQUENCE_BITS));
  }

  private Collection<I> remove(LongPredicate which) throws Exception {
    SortedMap<Long, I> elements = new TreeMap<>();
    for (Map.Entry<Long, I> entry : byId.entries()) {
      if (which.test(entry.getKey())) {
        elements.put(entry.getKey(), entry.getValue());
      }
    }
    long deadline = Long.MIN_VALUE;
    for (long id : elements.keySet()) {
      byId.remove(id);
      if (id >> SEQUENCE_BITS != deadline) {
        deadline = id >> SEQUENCE_BITS;
        timers.deleteProcessingTimeTimer(VoidNamespace.INSTANCE, deadline);
        timers.deleteProcessingTimeTimer(VoidNamespace.INSTANCE, deadline + graceMillis);
      }
    }
    count -= elements.size();
    return elements.values();
  }
}
