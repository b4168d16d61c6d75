package io.turnstile.job.enrich;

import io.turnstile.decision.reference.NamedReference;
import io.turnstile.events.ReferenceDocument;
import io.turnstile.events.RejectionReason;
import io.turnstile.job.read.ReferenceKind;
import io.turnstile.job.validate.DecisionInput;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.util.IOUtils;

/**
 * Joins transactions with named references of the same key, one after the other: a part of an
 * operator that is keyed. Each is a {@link ReferenceJoin} with state of its own, so that an
 * operator without any has none. Used by the task thread alone.
 */
public final class NamedReferences {

  /** The operator that it is part of. */
  public interface Owner {

    /** Returns whether an input that has waited is still to be processed. */
    default boolean resumes(DecisionInput input) throws Exception {
      return true;
    }

    /** Takes an input with all references, those with null among them that are not known. */
    void joined(DecisionInput.Enriched input) throws Exception;

    /** Takes an input that lacks what is required. */
    void refused(DecisionInput.Enriched input, RejectionReason reason, String detail)
        throws Exception;
  }

  private final Owner owner;
  private final List<ReferenceSettings> settings;
  private final Map<String, ReferenceJoin<DecisionInput, ReferenceDocument>> joins =
      new LinkedHashMap<>();

  /**
   * A part that the operator makes in its constructor.
   *
   * @param mailbox of the operator's task
   * @param settings of the references that have the operator's key, in the order of joining
   */
  public NamedReferences(
      AbstractStreamOperator<?> operator,
      MailboxExecutor mailbox,
      List<ReferenceSettings> settings,
      Owner owner) {
    this.owner = owner;
    this.settings = List.copyOf(settings);
    for (int i = 0; i < settings.size(); i++) {
      ReferenceSettings each = settings.get(i);
      int index = i;
      joins.put(
          each.spec().name(),
          new ReferenceJoin<>(
              operator,
              mailbox,
              new JoinedReference<>(
                  each.spec().name(),
                  // Kinds of named references differ in nothing but how their topics are read.
                  ReferenceKind.OF_PRODUCT,
                  each.topic(),
                  each.waits()),
              DecisionInput.Serializer.INSTANCE,
              (input, outcome) -> afterWait(index, (DecisionInput.Enriched) input, outcome)));
    }
  }

  /** Returns whether there are none. */
  public boolean isEmpty() {
    return settings.isEmpty();
  }

  /** Restores what an earlier attempt knew; to be called by the operator's method of that name. */
  public void initializeState(StateInitializationContext context) throws Exception {
    for (ReferenceJoin<?, ?> join : joins.values()) {
      join.initializeState(context);
    }
  }

  /** Begins to read the topics to their ends: all of them at once, before {@link #open}. */
  public void startCatchUp() {
    joins.values().forEach(ReferenceJoin::startCatchUp);
  }

  /** Waits for the topics' ends as they are now; after {@link #startCatchUp}. */
  public void open() throws Exception {
    for (ReferenceJoin<?, ?> join : joins.values()) {
      join.open();
    }
  }

  /** Takes an input, whose key is the current key; the owner gets it back, perhaps later. */
  public void join(DecisionInput.Enriched input) throws Exception {
    joinFrom(0, input);
  }

  private void joinFrom(int first, DecisionInput.Enriched input) throws Exception {
    DecisionInput.Enriched joined = input;
    for (ReferenceSettings each : settings.subList(first, settings.size())) {
      var join = joins.get(each.spec().name());
      ReferenceDocument document = join.current();
      if (document == null && each.isAwaited()) {
        join.await(joined);
        return;
      }
      joined = joined.with(each.spec().name(), document);
    }
    owner.joined(joined);
  }

  private void afterWait(
      int index, DecisionInput.Enriched input, ReferenceJoin.Outcome<ReferenceDocument> outcome)
      throws Exception {
    if (!owner.resumes(input)) {
      return;
    }
    ReferenceSettings waited = settings.get(index);
    String name = waited.spec().name();
    if (outcome.reference() != null || !waited.spec().required()) {
      joinFrom(index + 1, input.with(name, outcome.reference()));
    } else if (outcome.unavailable()) {
      owner.refused(
          input,
          RejectionReason.REFERENCE_UNAVAILABLE,
          name + " could not be read for " + waited.waits().maxWait().toMillis() + " ms");
    } else {
      owner.refused(
          input,
          RejectionReason.UNKNOWN_REFERENCE,
          "no " + name + " after waiting " + waited.waits().minWait().toMillis() + " ms");
    }
  }

  /** Takes an update under the current key, and ends the waits for it. */
  public void update(NamedReference update) throws Exception {
    joins.get(update.name()).update(update.reference());
  }

  /** Ends all waits: no reference can come any more. What waits for several waits in this order. */
  public void endInput() throws Exception {
    for (ReferenceJoin<?, ?> join : joins.values()) {
      join.endInput();
    }
  }

  /** Adds what a later attempt must know; to be called by the operator's method of that name. */
  public void snapshotState() throws Exception {
    for (ReferenceJoin<?, ?> join : joins.values()) {
      join.snapshotState();
    }
  }

  /** Ends the readings; to be called by the operator's method of that name, also if open failed. */
  public void close() throws Exception {
    IOUtils.closeAll(joins.values().stream().map(join -> (AutoCloseable) join::close).toList());
  }
}
