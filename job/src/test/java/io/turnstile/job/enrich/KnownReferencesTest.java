package io.turnstile.job.enrich;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.decision.reference.Reference;
import io.turnstile.decision.reference.ReferenceHistory;
import org.apache.flink.api.common.state.ValueState;
import org.junit.jupiter.api.Test;

class KnownReferencesTest {

  private final CountingState state = new CountingState();
  private final KnownReferences<String> references = new KnownReferences<>(state);

  /** Somebody may ask for a product that does not exist again and again. */
  @Test
  void whatIsNotKnownIsLookedUpOnce() throws Exception {
    for (int i = 0; i < 1_000; i++) {
      assertThat(references.current("p")).isNull();
    }
    assertThat(state.reads).isEqualTo(1);
  }

  @Test
  void whatIsKnownIsLookedUpOnce() throws Exception {
    state.value = ReferenceHistory.of(new Reference<>("p", "one", 1, 0, 0, 0));
    for (int i = 0; i < 1_000; i++) {
      assertThat(references.current("p")).isEqualTo("one");
    }
    assertThat(state.reads).isEqualTo(1);
  }

  @Test
  void whatDoesNotExistDrivesNothingOut() throws Exception {
    references.apply(new Reference<>("p", "one", 1, 0, 0, 0));
    state.value = null;
    for (int i = 0; i < 100_000; i++) {
      assertThat(references.current("no-" + i)).isNull();
    }
    assertThat(references.current("p")).isEqualTo("one");
  }

  @Test
  void whatWasUsedLongestAgoMakesRoom() throws Exception {
    state.value = ReferenceHistory.of(new Reference<>("any", "one", 1, 0, 0, 0));
    for (int i = 0; i < KnownReferences.MAX_RECENT; i++) {
      references.current("p-" + i);
    }
    references.current("p-0");
    references.current("new");
    assertThat(state.reads).isEqualTo(KnownReferences.MAX_RECENT + 1);
    references.current("p-0");
    assertThat(state.reads).as("used again").isEqualTo(KnownReferences.MAX_RECENT + 1);
    references.current("p-1");
    assertThat(state.reads).as("used longest ago").isEqualTo(KnownReferences.MAX_RECENT + 2);
  }

  @Test
  void whatWasNotKnownIsKnownAsSoonAsItComes() throws Exception {
    assertThat(references.current("p")).isNull();
    assertThat(references.apply(new Reference<>("p", "one", 1, 0, 0, 0))).isTrue();
    assertThat(references.current("p")).isEqualTo("one");
    assertThat(references.apply(Reference.delete("p", 0, 1, 0))).isFalse();
    assertThat(references.current("p")).isNull();
    assertThat(state.value.deleted()).isNotNull();
    assertThat(state.reads).isEqualTo(1);
  }

  /** Of one key. */
  private static final class CountingState implements ValueState<ReferenceHistory<String>> {
    private ReferenceHistory<String> value;
    private int reads;

    @Override
    public ReferenceHistory<String> value() {
      reads++;
      return value;
    }

    @Override
    public void update(ReferenceHistory<String> next) {
      value = next;
    }

    @Override
    public void clear() {
      value = null;
    }
  }
}
