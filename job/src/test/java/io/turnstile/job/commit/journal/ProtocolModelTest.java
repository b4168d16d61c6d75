package io.turnstile.job.commit.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.job.commit.journal.ProtocolModel.Bounds;
import io.turnstile.job.commit.journal.ProtocolModel.Input;
import io.turnstile.job.commit.journal.ProtocolModel.Mutation;
import io.turnstile.job.commit.journal.ProtocolModel.Violation;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** No order of events breaks a promise; with any part of the protocol taken out, some do. */
class ProtocolModelTest {

  private static final int LANES = 2;
  private static final String A = Verdicts.customerIn(0, LANES);
  private static final String B = Verdicts.customerIn(1, LANES);

  private static Input input(int partition, long offset, String customer, String id) {
    return new Input(partition, offset, customer, id, false, false);
  }

  private static Input waiting(int partition, long offset, String customer, String id) {
    return new Input(partition, offset, customer, id, true, false);
  }

  private static Input refused(int partition, long offset, String customer, String id) {
    return new Input(partition, offset, customer, id, false, true);
  }

  private static Input unstorable(int partition, long offset, String customer, String id) {
    return new Input(partition, offset, customer, id, false, false, true);
  }

  /** Worlds small enough for every order of events. */
  static List<Named<Bounds>> smallWorlds() {
    Input first = input(0, 0, A, "id");
    Input copy = input(1, 0, A, "id");
    return List.of(
        Named.of("one input, three attempts", new Bounds(1, List.of(first), 3, 2, 0)),
        Named.of("duplicates in two partitions", new Bounds(1, List.of(first, copy), 2, 2, 0)),
        Named.of(
            "duplicates and another id",
            new Bounds(1, List.of(first, copy, input(0, 1, A, "other id")), 2, 1, 0)),
        Named.of("invisible commit, three attempts", new Bounds(1, List.of(first), 3, 1, 1)),
        Named.of("invisible commit of duplicates", new Bounds(1, List.of(first, copy), 2, 1, 1)),
        Named.of("idle owner, three attempts", new Bounds(1, List.of(first), 3, 1, 0, 1)),
        Named.of("idle owner and duplicates", new Bounds(1, List.of(first, copy), 2, 1, 0, 1)),
        Named.of("idle owner, invisible commit", new Bounds(1, List.of(first), 2, 1, 1, 1)),
        Named.of("two lanes", new Bounds(LANES, List.of(first, input(0, 1, B, "id")), 2, 1, 0)),
        Named.of("upgrade and duplicates", new Bounds(1, List.of(first, copy), 2, 1, 0, 0, 1)),
        Named.of(
            "waiting for a reference",
            new Bounds(1, List.of(waiting(0, 0, A, "id"), input(0, 1, A, "id")), 2, 1, 0)),
        Named.of(
            "another verdict on replay",
            new Bounds(1, List.of(refused(0, 0, A, "id"), copy), 2, 1, 0)),
        Named.of("table, three attempts", Bounds.ofTable(1, List.of(first), 3, 1, 1)),
        Named.of("table, two fail-overs", Bounds.ofTable(1, List.of(first), 2, 1, 2)),
        Named.of("table, duplicates", Bounds.ofTable(1, List.of(first, copy), 2, 1, 1)),
        Named.of(
            "table, another verdict on replay",
            Bounds.ofTable(1, List.of(refused(0, 0, A, "id"), copy), 2, 1, 0)),
        Named.of(
            "table, dead letter of a refused verdict",
            Bounds.ofTable(1, List.of(unstorable(0, 0, A, "id"), copy), 3, 1, 0)),
        Named.of(
            "table, dead letter and a fail-over",
            Bounds.ofTable(1, List.of(unstorable(0, 0, A, "id")), 3, 1, 1)),
        Named.of(
            "table, two lanes",
            Bounds.ofTable(LANES, List.of(first, input(0, 1, B, "id")), 2, 1, 0)));
  }

  @ParameterizedTest
  @MethodSource("smallWorlds")
  void noOrderOfEventsBreaksAPromise(Bounds world) throws Exception {
    assertThat(explore(world, Set.of())).isGreaterThan(1_000);
  }

  /** The same, with more states than anybody should wait for each time. */
  static List<Named<Bounds>> largerWorlds() {
    Input first = input(0, 0, A, "id");
    return List.of(
        Named.of("upgrade, three attempts", new Bounds(1, List.of(first), 3, 1, 0, 0, 1)),
        Named.of(
            "upgrade of two lanes",
            new Bounds(LANES, List.of(first, input(0, 1, B, "id")), 2, 1, 0, 0, 1)));
  }

  @Tag("extended")
  @ParameterizedTest
  @MethodSource("largerWorlds")
  void noOrderOfEventsOfALargerWorldBreaksAPromise(Bounds world) throws Exception {
    assertThat(explore(world, Set.of())).isGreaterThan(1_000);
  }

  /** Every order of events; returns how many states were met. */
  private static long explore(Bounds bounds, Set<Mutation> mutations) throws Exception {
    Choices.All choices = new Choices.All();
    while (choices.nextRun()) {
      new ProtocolModel(bounds, mutations, choices).run();
    }
    return choices.states();
  }

  private static final int WALKS = 25_000;

  @Test
  void randomHistoriesOfLargerWorldsBreakNoPromise() throws Exception {
    long seed = new Random().nextLong();
    System.out.println("randomHistoriesOfLargerWorldsBreakNoPromise: seed " + seed);
    walk(seed, WALKS, 8, Set.of(), false);
  }

  @Test
  void randomHistoriesOfATableBreakNoPromise() throws Exception {
    long seed = new Random().nextLong();
    System.out.println("randomHistoriesOfATableBreakNoPromise: seed " + seed);
    walk(seed, WALKS, 8, Set.of(), true);
  }

  /**
   * Goes through random histories.
   *
   * @param inputs at most so many, in two lanes if there are more than three
   * @param table whether the verdicts are in PostgreSQL
   */
  private static void walk(long seed, int walks, int inputs, Set<Mutation> mutations, boolean table)
      throws Exception {
    Random random = new Random(seed);
    for (int i = 0; i < walks; i++) {
      // With another part taken out, that alone has to show.
      boolean forgets = mutations.stream().allMatch(Mutation::needsUnmarked);
      int unmarked = forgets && !table ? random.nextInt(2) : 0;
      Bounds bounds =
          new Bounds(
              inputs > 3 ? 1 + random.nextInt(LANES) : 1,
              // What stays invisible must not be refused on replay: its duplicates are visible.
              randomInputs(random, 1 + random.nextInt(inputs), unmarked == 0, table),
              2 + random.nextInt(4),
              random.nextInt(6),
              unmarked,
              table ? 0 : random.nextInt(3),
              table ? 0 : upgrades(random, mutations),
              table,
              table ? random.nextInt(3) : 0);
      ProtocolModel model = new ProtocolModel(bounds, mutations, Choices.random(random.nextLong()));
      model.run();
      model.complete();
    }
  }

  private static int upgrades(Random random, Set<Mutation> mutations) {
    if (mutations.stream().anyMatch(Mutation::needsUpgrade)) {
      return 1 + random.nextInt(2);
    }
    return mutations.isEmpty() ? random.nextInt(3) : 0;
  }

  private static List<Input> randomInputs(
      Random random, int count, boolean mayBeRefused, boolean table) {
    List<Input> inputs = new ArrayList<>();
    long[] ends = new long[1 + random.nextInt(2)];
    for (int left = count; left > 0; left--) {
      int partition = random.nextInt(ends.length);
      inputs.add(
          new Input(
              partition,
              ends[partition]++,
              random.nextBoolean() ? A : B,
              "id-" + random.nextInt(3),
              random.nextInt(4) == 0,
              mayBeRefused && random.nextInt(4) == 0,
              table && random.nextInt(6) == 0));
    }
    return inputs;
  }

  @ParameterizedTest
  @EnumSource
  void whateverIsTakenOutIsMissed(Mutation mutation) {
    long seed = new Random().nextLong();
    System.out.println("whateverIsTakenOutIsMissed(" + mutation + "): seed " + seed);
    assertThatThrownBy(() -> walk(seed, 40 * WALKS, 3, Set.of(mutation), mutation.isOfTable()))
        .isInstanceOf(Violation.class);
  }

  /** Where fencing fails, the table's keys still hold the first promise: the job stops. */
  @Test
  void keysOfTheTableRefuseASecondVerdictWhateverTheOwnerDoes() {
    long seed = new Random().nextLong();
    System.out.println("keysOfTheTableRefuseASecondVerdict: seed " + seed);
    Set<Mutation> unfenced = Set.of(Mutation.OWNER_NOT_CHECKED, Mutation.LAST_SEQ_NOT_COMPARED);
    assertThatThrownBy(() -> walk(seed, 40 * WALKS, 3, unfenced, true))
        .isInstanceOf(Violation.class)
        .hasMessageNotContaining("two verdicts");
    assertThatThrownBy(() -> walk(seed, 40 * WALKS, 3, Set.of(Mutation.UNIQUE_KEY_DROPPED), true))
        .isInstanceOf(Violation.class);
  }
}
