package io.turnstile.job.decide;

import io.turnstile.decision.dedup.Acceptance;
import io.turnstile.decision.dedup.DedupSettings;
import io.turnstile.decision.dedup.DedupStore;
import io.turnstile.events.ContentHash;
import io.turnstile.job.codec.AcceptanceSerializer;
import io.turnstile.job.codec.ContentHashSerializer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.apache.flink.api.common.state.KeyedStateStore;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.StateTtlConfig;
import org.apache.flink.api.common.typeutils.base.ListSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;

/**
 * {@link DedupStore} in Flink's keyed state, of the customer that is the current key.
 *
 * <p>Flink's time-to-live runs on the machine's clock and only collects garbage: it is longer than
 * the window by the longest outage, so that a record replayed late still finds what it must.
 */
final class FlinkDedupStore implements DedupStore {

  private final MapState<String, List<Acceptance>> byId;
  private final MapState<ContentHash, List<Acceptance>> byContent;
  private final long keepIdsMillis;
  private final long keepContentsMillis;
  private final LongSupplier clock;

  /**
   * @param clock epoch milliseconds
   */
  FlinkDedupStore(KeyedStateStore state, DedupSettings settings, LongSupplier clock) {
    this.clock = clock;
    keepIdsMillis = settings.keepIds().toMillis();
    MapStateDescriptor<String, List<Acceptance>> ids =
        new MapStateDescriptor<>(
            "accepted-ids",
            StringSerializer.INSTANCE,
            new ListSerializer<>(AcceptanceSerializer.INSTANCE));
    ids.enableTimeToLive(StateTtlConfig.newBuilder(settings.keepIds()).build());
    byId = state.getMapState(ids);
    if (settings.contentWindow() == null) {
      byContent = null;
      keepContentsMillis = 0;
    } else {
      keepContentsMillis = settings.keepContents().toMillis();
      MapStateDescriptor<ContentHash, List<Acceptance>> contents =
          new MapStateDescriptor<>(
              "accepted-contents",
              ContentHashSerializer.INSTANCE,
              new ListSerializer<>(AcceptanceSerializer.INSTANCE));
      contents.enableTimeToLive(StateTtlConfig.newBuilder(settings.keepContents()).build());
      byContent = state.getMapState(contents);
    }
  }

  @Override
  public List<Acceptance> byId(String transactionId) throws Exception {
    return known(byId.get(transactionId), each -> each.withTransactionId(transactionId));
  }

  @Override
  public List<Acceptance> byContent(ContentHash contentHash) throws Exception {
    return byContent == null
        ? List.of()
        : known(byContent.get(contentHash), each -> each.withContentHash(contentHash));
  }

  private static List<Acceptance> known(
      List<Acceptance> stored, UnaryOperator<Acceptance> withKey) {
    return stored == null ? List.of() : stored.stream().map(withKey).toList();
  }

  @Override
  public void remember(Acceptance acceptance, List<Acceptance> sameId, List<Acceptance> sameContent)
      throws Exception {
    byId.put(
        acceptance.transactionId(),
        with(acceptance, sameId, keepIdsMillis, each -> each.withTransactionId(null)));
    if (byContent != null) {
      byContent.put(
          acceptance.contentHash(),
          with(acceptance, sameContent, keepContentsMillis, each -> each.withContentHash(null)));
    }
  }

  /**
   * Writing renews the time-to-live of the whole entry: what is too old must go here. Age counts
   * from the decision, as the time-to-live does: while a backlog is worked off, append times of
   * long ago are still to be compared with.
   */
  private List<Acceptance> with(
      Acceptance added,
      List<Acceptance> before,
      long keepMillis,
      UnaryOperator<Acceptance> withoutKey) {
    if (before.isEmpty()) {
      return List.of(withoutKey.apply(added));
    }
    long oldest = clock.getAsLong() - keepMillis;
    List<Acceptance> after = new ArrayList<>(before.size() + 1);
    for (Acceptance known : before) {
      if (known.decidedAt() >= oldest && !known.isOfInput(added.partition(), added.offset())) {
        after.add(withoutKey.apply(known));
      }
    }
    after.add(withoutKey.apply(added));
    return after;
  }
}
