package io.turnstile.job.commit.journal;

import io.turnstile.clients.Generation;
import io.turnstile.decision.dedup.Acceptance;
import io.turnstile.decision.dedup.DedupPolicy;
import io.turnstile.decision.dedup.DedupSettings;
import io.turnstile.decision.dedup.DedupStore;
import io.turnstile.events.ContentHash;
import io.turnstile.events.Outcome;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.SourcePosition;
import io.turnstile.job.decide.RecoveredAcceptance;
import io.turnstile.job.decide.Verdict;
import io.turnstile.job.harness.Samples;
import io.turnstile.job.read.PositionSet;
import io.turnstile.job.read.RoutingKey;
import io.turnstile.job.validate.DecisionInput;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A deployment in a nutshell: sources, attempts of the job, their checkpoints, and the journal.
 * Attempts use the production code that takes over, decides, suppresses and commits ({@link Lane},
 * {@link DedupPolicy}); the rest is the model's, and any of its steps may come at any time.
 *
 * <p>An attempt that was replaced continues as a zombie: it takes over late, appends and commits,
 * or stays silent from any step on, which is a crash. Breaking a promise throws {@link Violation}.
 */
final class ProtocolModel {

  /** A deliberate fault in the protocol. */
  enum Mutation {
    READ_BEFORE_FENCING,
    SNAPSHOT_WITHOUT_COMMIT,
    TAIL_ACCEPTANCES_FORGOTTEN,
    NO_SUPPRESSION,
    SUPPRESSION_NOT_IN_SNAPSHOT,
    END_ASKED_OF_BROKER,
    END_TAKEN_AFTER_STATE,
    START_WITHOUT_STATE_AT_END,
    SECOND_ID_INITIALISED_LAZILY,
    INVISIBLE_IN_CHECKPOINT,
    UNMARKED_LEFT_AT_TAKE_OVER,
    TAKEN_OVER_AGAIN_BLINDLY,
    UNCOMMITTED_FOLLOWED(World.UPGRADE),
    TAIL_NOT_READ_AFTER_FOLLOWING(World.UPGRADE),
    HELD_DECIDED_UNSEEN(World.UPGRADE),
    GENERATION_NOT_READ_BEFORE(World.UPGRADE),
    GENERATION_NOT_READ_AFTER(World.UPGRADE),
    GENERATION_NOT_MADE_KNOWN(World.UPGRADE),

    /** In a table: the commit's UPDATE does not look for the owner. */
    OWNER_NOT_CHECKED(World.TABLE),
    /** The owner is the number after the last one's, which a replica may give a second time. */
    OWNER_COUNTED(World.TABLE),
    /** The commit's UPDATE does not look for the number that the owner knows. */
    LAST_SEQ_NOT_COMPARED(World.TABLE),
    /** The owner takes the last number from the server, at commits and in checkpoints. */
    LAST_SEQ_ASKED_OF_SERVER(World.TABLE),
    /** UPDATE and INSERT are committed one after the other. */
    TWO_STATEMENTS(World.TABLE),
    /** The INSERT does not draw its rows from what the UPDATE returns. */
    INDEPENDENT_PARTS(World.TABLE),
    /** The lane is read before it has its new owner. */
    READ_BEFORE_OWNED(World.TABLE),
    /** Without the table's keys; they count where fencing fails, so that fails, too. */
    UNIQUE_KEY_DROPPED(World.TABLE),
    /** The owner goes on with the acceptance of an input that became a dead letter instead. */
    REFUSAL_SURVIVED(World.TABLE);

    private enum World {
      KAFKA,
      UPGRADE,
      TABLE
    }

    private final World world;

    Mutation() {
      this(World.KAFKA);
    }

    Mutation(World world) {
      this.world = world;
    }

    /** Returns whether it is one of the store in PostgreSQL. */
    boolean isOfTable() {
      return world == World.TABLE;
    }

    /** Returns whether it shows only when the broker forgets to mark a commit. */
    boolean needsUnmarked() {
      return this == INVISIBLE_IN_CHECKPOINT || this == UNMARKED_LEFT_AT_TAKE_OVER;
    }

    /** Returns whether it shows only when another job takes over. */
    boolean needsUpgrade() {
      return world == World.UPGRADE;
    }
  }

  /** Whoever does not know where the lane must end cannot wait until readers are there. */
  private static final Set<Mutation> UNAWARE_OF_VISIBILITY =
      EnumSet.of(
          Mutation.INVISIBLE_IN_CHECKPOINT,
          Mutation.SNAPSHOT_WITHOUT_COMMIT,
          Mutation.END_ASKED_OF_BROKER,
          Mutation.LAST_SEQ_ASKED_OF_SERVER);

  /** The end in a checkpoint is what the store says then. */
  private static final Set<Mutation> END_ASKED =
      EnumSet.of(Mutation.END_ASKED_OF_BROKER, Mutation.LAST_SEQ_ASKED_OF_SERVER);

  /** A promise is broken. */
  static final class Violation extends RuntimeException {
    Violation(String message) {
      super(message, null, false, false);
    }
  }

  /**
   * An input.
   *
   * @param mayWait whether it may have to wait for a reference
   * @param mayBeRefused whether it may be refused, as a token may have expired on replay
   * @param unstorable whether the table refuses any verdict of it but a dead letter
   */
  record Input(
      int partition,
      long offset,
      String customer,
      String id,
      boolean mayWait,
      boolean mayBeRefused,
      boolean unstorable) {

    Input(
        int partition,
        long offset,
        String customer,
        String id,
        boolean mayWait,
        boolean mayBeRefused) {
      this(partition, offset, customer, id, mayWait, mayBeRefused, false);
    }

    SourcePosition position() {
      return new SourcePosition(Samples.TOPIC, partition, offset);
    }

    @Override
    public String toString() {
      return partition + "/" + offset;
    }
  }

  /**
   * Limits of what may happen.
   *
   * @param attempts of all jobs, the first included
   * @param checkpoints that are taken
   * @param unmarked commits that are acknowledged and then not marked on one of their parts
   * @param idle times that an owner takes a lane over again, having committed nothing for long
   * @param upgrades jobs that are started to take over from the one before; without any, the only
   *     job has no generation
   * @param table whether the verdicts are in PostgreSQL, which has no upgrades, else in Kafka
   * @param failOvers to a replica that may lack what no checkpoint covers
   */
  record Bounds(
      int lanes,
      List<Input> inputs,
      int attempts,
      int checkpoints,
      int unmarked,
      int idle,
      int upgrades,
      boolean table,
      int failOvers) {
    static Bounds ofTable(
        int lanes, List<Input> inputs, int attempts, int checkpoints, int failOvers) {
      return new Bounds(lanes, inputs, attempts, checkpoints, 0, 0, 0, true, failOvers);
    }

    Bounds(
        int lanes,
        List<Input> inputs,
        int attempts,
        int checkpoints,
        int unmarked,
        int idle,
        int upgrades) {
      this(lanes, inputs, attempts, checkpoints, unmarked, idle, upgrades, false, 0);
    }

    Bounds(int lanes, List<Input> inputs, int attempts, int checkpoints, int unmarked) {
      this(lanes, inputs, attempts, checkpoints, unmarked, 0);
    }

    Bounds(int lanes, List<Input> inputs, int attempts, int checkpoints, int unmarked, int idle) {
      this(lanes, inputs, attempts, checkpoints, unmarked, idle, 0);
    }
  }

  private static final SortedMap<String, String> IDENTITY = new TreeMap<>(Map.of("model", "1"));
  private static final DedupPolicy DECIDER =
      new DedupPolicy(new DedupSettings(Duration.ofHours(1), null, Duration.ofHours(1)));

  private final Bounds bounds;
  private final Set<Mutation> mutations;
  private final Choices choices;
  private final List<List<Input>> partitions = new ArrayList<>();
  private final ModelDatabase database;
  private final List<ModelStore> journal = new ArrayList<>();
  private final List<Attempt> attempts = new ArrayList<>();
  private final List<Job> jobs = new ArrayList<>();
  private int checkpointsTaken;
  private int unmarked;
  private int idle;
  private int failOvers;

  private final Map<SourcePosition, Outcome> verdicts = new HashMap<>();
  private final Map<String, SourcePosition> accepted = new HashMap<>();
  private final Map<SourcePosition, String> duplicates = new HashMap<>();

  ProtocolModel(Bounds bounds, Set<Mutation> mutations, Choices choices) {
    this.bounds = bounds;
    this.mutations = mutations;
    this.choices = choices;
    for (Input input : bounds.inputs()) {
      while (partitions.size() <= input.partition()) {
        partitions.add(new ArrayList<>());
      }
      partitions.get(input.partition()).add(input);
    }
    database = new ModelDatabase(bounds.lanes());
    for (int lane = 0; lane < bounds.lanes(); lane++) {
      journal.add(
          bounds.table()
              ? new ModelTable(lane, database, this::isUnstorable, mutations, this::committed)
              : new ModelJournal(lane, mutations, this::committed));
    }
    jobs.add(new Job());
    restart(jobs.get(0), null);
  }

  private boolean isUnstorable(SourcePosition position) {
    return partitions.get(position.partition()).get((int) position.offset()).unstorable();
  }

  private void committed(Verdict verdict) {
    if (verdicts.put(verdict.position(), verdict.outcome()) != null) {
      throw new Violation("two verdicts for " + verdict.position());
    }
    if (verdict.outcome() == Outcome.ACCEPTED) {
      RecoveredAcceptance acceptance = acceptance(verdict);
      String what = acceptance.routingKey() + " " + acceptance.acceptance().transactionId();
      SourcePosition other = accepted.put(what, verdict.position());
      if (other != null) {
        throw new Violation(what + " accepted twice: " + other + " and " + verdict.position());
      }
    }
    if (verdict.errorMessage() != null) {
      duplicates.put(verdict.position(), verdict.errorMessage());
    }
    // Acceptances of the same transaction are reported first. An unmarked one comes again later.
    if (unmarked == 0) {
      requireAccepted(duplicates);
    }
  }

  private void requireAccepted(Map<SourcePosition, String> known) {
    known.forEach(
        (position, what) -> {
          if (!accepted.containsKey(what)) {
            throw new Violation(position + " duplicates what is not accepted");
          }
        });
  }

  /** Contents of a checkpoint. */
  private record Checkpoint(
      List<Long> sourceOffsets,
      Set<Input> waiting,
      Map<String, List<Acceptance>> store,
      List<LaneCheckpoint> lanes) {}

  /** The acceptances of all customers. */
  private static final class ModelMemory implements DedupStore {
    private final Map<String, List<Acceptance>> byCustomer = new TreeMap<>();
    private String customer;

    ModelMemory of(String current) {
      customer = current;
      return this;
    }

    Map<String, List<Acceptance>> copy() {
      Map<String, List<Acceptance>> copy = new TreeMap<>();
      byCustomer.forEach((key, list) -> copy.put(key, new ArrayList<>(list)));
      return copy;
    }

    @Override
    public List<Acceptance> byId(String transactionId) {
      return byCustomer.getOrDefault(customer, List.of()).stream()
          .filter(acceptance -> acceptance.transactionId().equals(transactionId))
          .toList();
    }

    @Override
    public List<Acceptance> byContent(ContentHash contentHash) {
      return List.of();
    }

    @Override
    public void remember(
        Acceptance acceptance, List<Acceptance> sameId, List<Acceptance> sameContent) {
      List<Acceptance> known = byCustomer.computeIfAbsent(customer, key -> new ArrayList<>());
      if (!known.contains(acceptance)) {
        known.add(acceptance);
      }
    }
  }

  /** A job; each is to take over from the one before. */
  private final class Job {
    private final Generation generation =
        bounds.upgrades() == 0 ? null : new Generation(jobs.size() + 1, "job");

    /** With the one of another job that it was started from. */
    private final List<Checkpoint> completed = new ArrayList<>();

    private Checkpoint pending;

    /** The attempt that the cluster takes for the living one. */
    private Attempt current;

    /** For good. */
    private boolean stopped;

    boolean isFirst() {
      return this == jobs.get(0);
    }

    /** As {@link JournalCommit} finds it out: not once it has begun to take over. */
    boolean mayFollow() {
      return !isFirst() && journal.stream().noneMatch(lane -> generation.equals(lane.known()));
    }

    Checkpoint newest() {
      return completed.isEmpty() ? null : completed.get(completed.size() - 1);
    }
  }

  /** One attempt of a job, with all its subtasks. */
  private final class Attempt {
    private final int number = attempts.size();
    private final Job job;
    private final Checkpoint restored;
    private final List<LanePosition> givenStarts = new ArrayList<>();
    private final List<Lane> lanes = new ArrayList<>();
    private final List<ModelStore.Owner> owners = new ArrayList<>();
    private final long[] next = new long[partitions.size()];
    private final Set<Input> waiting = new TreeSet<>(Comparator.comparing(Input::toString));
    private final ModelMemory store = new ModelMemory();

    /** By lane: the outcome of a commit that the attempt has not heard of yet. */
    private final LanePosition[] done = new LanePosition[bounds.lanes()];

    /** By lane: what is written while a commit is in flight, in short. */
    private final StringBuilder[] held = new StringBuilder[bounds.lanes()];

    /** Inputs that came while it followed another job. */
    private final List<Input> heldInputs = new ArrayList<>();

    /** By lane: where it has followed another job to. */
    private final LanePosition[] followed = new LanePosition[bounds.lanes()];

    private boolean following;
    private boolean running;
    private boolean busy;
    private boolean dead;

    Attempt(Job job, Checkpoint restored) {
      this.job = job;
      if (restored != null) {
        Arrays.setAll(next, partition -> restored.sourceOffsets.get(partition));
        waiting.addAll(restored.waiting);
        restored.store.forEach((key, list) -> store.byCustomer.put(key, new ArrayList<>(list)));
      }
      for (int lane = 0; lane < bounds.lanes(); lane++) {
        ModelStore.Owner owner =
            journal.get(lane).owner(number, job.generation, () -> othersGetInBetween(this));
        owners.add(owner);
        held[lane] = new StringBuilder();
        lanes.add(new Lane(lane, bounds.lanes(), IDENTITY, owner, job.generation));
      }
      this.restored = restored;
      if (restored == null && mutations.contains(Mutation.START_WITHOUT_STATE_AT_END)) {
        journal.forEach(log -> givenStarts.add(log.end()));
      }
    }

    void beginFollowing() throws JournalException, InterruptedException {
      following = true;
      for (Lane lane : lanes) {
        followed[lane.number()] = lane.beginFollowing(checkpointOf(lane), startOf(lane)).from();
      }
    }

    /** Reads what is committed in a lane, and drops what it holds and is decided. */
    void follow(int number) throws JournalException, InterruptedException {
      Lane lane = lanes.get(number);
      followed[number] =
          owners.get(number).follow(followed[number], entry -> lane.learn(entry, this::recover));
      lane.followedTo(followed[number]);
      heldInputs.removeIf(input -> laneOf(input) == number && lane.isDecided(input.position()));
    }

    private LaneCheckpoint checkpointOf(Lane lane) {
      return restored == null ? null : restored.lanes.get(lane.number());
    }

    private LanePosition startOf(Lane lane) {
      return givenStarts.isEmpty() ? null : givenStarts.get(lane.number());
    }

    private void recover(RecoveredAcceptance recovered) {
      if (!mutations.contains(Mutation.TAIL_ACCEPTANCES_FORGOTTEN)) {
        store.of(recovered.routingKey()).remember(recovered.acceptance(), List.of(), List.of());
      }
    }

    void takeOver() throws Exception {
      busy = true;
      try {
        for (Lane lane : lanes) {
          owners.get(lane.number()).beginTakeOver();
          lane.takeOver(checkpointOf(lane), startOf(lane), this::recover);
        }
      } finally {
        busy = false;
      }
      following = false;
      running = true;
      for (Input input : heldInputs) {
        if (mutations.contains(Mutation.HELD_DECIDED_UNSEEN)) {
          write(input);
        } else {
          process(input, false);
        }
      }
      heldInputs.clear();
    }

    private int laneOf(Input input) {
      return RoutingKey.lane(input.customer(), bounds.lanes());
    }

    /**
     * As the operator does it: an input may have been decided, when it comes and when it waited.
     */
    void process(Input input, boolean mayWait) throws Exception {
      Lane lane = lanes.get(laneOf(input));
      if (lane.isDecided(input.position()) && !mutations.contains(Mutation.NO_SUPPRESSION)) {
        return;
      }
      if (mayWait && input.mayWait() && choices.pick(2) == 1) {
        waiting.add(input);
        return;
      }
      if (following) {
        heldInputs.add(input);
        return;
      }
      write(input);
    }

    private void write(Input input) throws Exception {
      int laneNumber = laneOf(input);
      Lane lane = lanes.get(laneNumber);
      Verdict verdict = decide(input, laneNumber);
      lane.write(verdict);
      if (lane.isCommitting()) {
        held[laneNumber].append(input).append(verdict.outcome());
      }
    }

    private Verdict decide(Input input, int lane) throws Exception {
      if (input.mayBeRefused() && choices.pick(2) == 1) {
        return verdict(input, lane, Outcome.REJECTED, null);
      }
      DecisionInput.Enriched decisionInput =
          Samples.enriched(
              Samples.transaction(input.customer(), input.id(), "product", 1),
              input.partition(),
              input.offset(),
              0);
      DedupPolicy.Decision decision =
          DECIDER.decide(
              decisionInput.transaction(), input.position(), 0, store.of(input.customer()), 0);
      if (decision instanceof DedupPolicy.Decision.Reject reject
          && reject.reason() != RejectionReason.DUPLICATE_ID) {
        throw new Violation("wrong reason: " + reject);
      }
      return decision instanceof DedupPolicy.Decision.Accept
          ? verdict(input, lane, Outcome.ACCEPTED, null)
          : verdict(input, lane, Outcome.REJECTED, input.customer() + " " + input.id());
    }

    private Verdict verdict(Input input, int lane, Outcome outcome, String duplicateOf) {
      return new Verdict(
          lane,
          input.position(),
          outcome,
          0,
          input.customer().getBytes(StandardCharsets.UTF_8),
          input.id().getBytes(StandardCharsets.UTF_8),
          null,
          duplicateOf);
    }

    /** As the store does it at a checkpoint after a long time; here without one, too. */
    void takeOverAgain(int lane) throws JournalException {
      busy = true;
      owners.get(lane).takeOverAgain();
      busy = false;
    }

    boolean mayBeginCommit(int lane) {
      return !lanes.get(lane).isCommitting() && !lanes.get(lane).isSettled();
    }

    void beginCommit(int lane) {
      if (!lanes.get(lane).beginCommit()) {
        throw new IllegalStateException("nothing to commit");
      }
    }

    void executeCommit(int lane) throws JournalException, InterruptedException {
      done[lane] = lanes.get(lane).commit();
    }

    void endCommit(int lane) throws JournalException, InterruptedException {
      lanes.get(lane).endCommit(done[lane]);
      done[lane] = null;
      held[lane].setLength(0);
    }

    /** As the writer does it before a snapshot. */
    private void commitAll() throws JournalException, InterruptedException {
      for (int lane = 0; lane < bounds.lanes(); lane++) {
        while (!lanes.get(lane).isSettled()) {
          if (!lanes.get(lane).isCommitting()) {
            beginCommit(lane);
          }
          if (done[lane] == null) {
            if (mutations.contains(Mutation.SNAPSHOT_WITHOUT_COMMIT)) {
              done[lane] = owners.get(lane).promiseCommit();
            } else {
              executeCommit(lane);
            }
          }
          endCommit(lane);
        }
      }
    }

    Checkpoint checkpoint() throws JournalException, InterruptedException {
      commitAll();
      if (UNAWARE_OF_VISIBILITY.stream().noneMatch(mutations::contains)) {
        for (Lane lane : lanes) {
          lane.awaitVisible();
        }
      }
      List<LaneCheckpoint> states = new ArrayList<>();
      for (Lane lane : lanes) {
        LaneCheckpoint state = lane.snapshot();
        if (mutations.contains(Mutation.SUPPRESSION_NOT_IN_SNAPSHOT)) {
          state =
              new LaneCheckpoint(
                  state.lane(), state.identity(), state.end(), state.lastSeq(), new PositionSet());
        }
        states.add(
            END_ASKED.stream().anyMatch(mutations::contains) ? withEndOfBroker(state) : state);
      }
      return new Checkpoint(
          Arrays.stream(next).boxed().toList(), Set.copyOf(waiting), store.copy(), states);
    }

    boolean hasReadEverything() {
      for (int partition = 0; partition < next.length; partition++) {
        if (next[partition] < partitions.get(partition).size()) {
          return false;
        }
      }
      return waiting.isEmpty();
    }

    void describe(StringBuilder text) {
      text.append("\nattempt ");
      if (dead) {
        text.append("dead");
        return;
      }
      text.append(running).append(following);
      heldInputs.forEach(input -> text.append(" h").append(input));
      for (long offset : next) {
        text.append(' ').append(offset);
      }
      waiting.forEach(input -> text.append(" w").append(input));
      store.byCustomer.forEach(
          (customer, known) -> {
            text.append(customer);
            known.stream()
                .mapToLong(acceptance -> 1_000L * acceptance.partition() + acceptance.offset())
                .sorted()
                .forEach(position -> text.append(' ').append(position));
          });
      for (int lane = 0; lane < bounds.lanes(); lane++) {
        text.append(' ').append(lanes.get(lane)).append(done[lane]).append(held[lane]);
        owners.get(lane).describe(text);
      }
    }
  }

  static RecoveredAcceptance acceptance(Verdict verdict) {
    String customer = new String(verdict.key(), StandardCharsets.UTF_8);
    String id = new String(verdict.value(), StandardCharsets.UTF_8);
    return new RecoveredAcceptance(
        customer,
        new Acceptance(
            id,
            ContentHash.of(Samples.transaction(customer, id, "product", 1)),
            verdict.position().partition(),
            verdict.position().offset(),
            0,
            0));
  }

  private LaneCheckpoint withEndOfBroker(LaneCheckpoint state) {
    ModelStore log = journal.get(state.lane());
    return new LaneCheckpoint(
        state.lane(), state.identity(), log.stableEnd(), log.lastSeq(), state.decided());
  }

  private Checkpoint completed(Checkpoint checkpoint) {
    return mutations.contains(Mutation.END_TAKEN_AFTER_STATE)
        ? new Checkpoint(
            checkpoint.sourceOffsets,
            checkpoint.waiting,
            checkpoint.store,
            checkpoint.lanes.stream().map(this::withEndOfBroker).toList())
        : checkpoint;
  }

  private interface Step {
    void run() throws Exception;
  }

  private record Option(Attempt by, String what, Object about, Step step) {
    @Override
    public String toString() {
      return by.number + " " + what + (about == null ? "" : " " + about);
    }
  }

  /**
   * Continues until nothing more can happen, or what follows is known.
   *
   * @return what happened
   */
  List<Object> run() throws Exception {
    List<Object> history = new ArrayList<>();
    try {
      while (!choices.knows(state())) {
        List<Option> options = options();
        if (options.isEmpty()) {
          checkComplete();
          break;
        }
        Option option = options.get(choices.pick(options.size()));
        history.add(option);
        run(option);
      }
      return history;
    } catch (Violation violation) {
      throw new Violation(violation.getMessage() + " after " + history);
    }
  }

  /**
   * Goes through one history.
   *
   * @param steps as {@link Option}s say them; those that cannot be taken are left out
   */
  void play(List<String> steps) throws Exception {
    for (String step : steps) {
      for (Option option : options()) {
        if (option.toString().equals(step)) {
          run(option);
          break;
        }
      }
    }
  }

  private void run(Option option) throws Exception {
    try {
      option.step.run();
    } catch (JournalException.Refused e) {
      if (!isSuperseded(option.by.job) || !e.getMessage().contains("stops for good")) {
        throw new Violation("refused: " + e.getMessage());
      }
      option.by.dead = true;
      option.by.job.stopped = true;
    } catch (JournalException e) {
      option.by.dead = true;
    }
  }

  /** Everything that may happen next. */
  private List<Option> options() {
    List<Option> options = new ArrayList<>();
    for (Attempt attempt : attempts) {
      addOptionsOf(attempt, options);
    }
    for (Job job : jobs) {
      if (!job.stopped) {
        addOptionsOf(job, options);
      }
    }
    addFailOvers(options);
    Job last = jobs.get(jobs.size() - 1);
    if (jobs.size() <= bounds.upgrades()
        && attempts.size() < bounds.attempts()
        && last.newest() != null) {
      options.add(new Option(last.current, "is upgraded", null, () -> upgrade(last.newest())));
    }
    return options;
  }

  private boolean isSuperseded(Job job) {
    return job.generation != null
        && journal.stream().anyMatch(lane -> lane.isSuperseded(job.generation));
  }

  private void addOptionsOf(Job job, List<Option> options) {
    Attempt current = job.current;
    if (current.running && !current.dead && checkpointsTaken < bounds.checkpoints()) {
      options.add(
          new Option(
              current,
              "takes checkpoint",
              null,
              () -> {
                checkpointsTaken++;
                job.pending = current.checkpoint();
                database.replicate();
              }));
    }
    if (job.pending != null) {
      options.add(
          new Option(
              current,
              "completes checkpoint",
              null,
              () -> {
                job.completed.add(completed(job.pending));
                job.pending = null;
              }));
    }
    if (attempts.size() < bounds.attempts()) {
      // The latest one, or an older one that was retained.
      for (int i = Math.max(0, job.completed.size() - 2); i < job.completed.size(); i++) {
        Checkpoint checkpoint = job.completed.get(i);
        options.add(
            new Option(current, "crashes, restart from", i, () -> restart(job, checkpoint)));
      }
      if (job.completed.isEmpty()) {
        options.add(
            new Option(current, "crashes, restart without state", null, () -> restart(job, null)));
      }
    }
  }

  private void addOptionsOf(Attempt attempt, List<Option> options) {
    if (attempt.dead || attempt.busy) {
      return;
    }
    if (!attempt.running) {
      options.add(new Option(attempt, "takes over", null, attempt::takeOver));
      if (!attempt.following) {
        if (attempt.job.mayFollow()) {
          options.add(new Option(attempt, "begins to follow", null, attempt::beginFollowing));
        }
        return;
      }
    }
    for (int p = 0; p < partitions.size(); p++) {
      int partition = p;
      if (attempt.next[p] < partitions.get(p).size()) {
        options.add(
            new Option(
                attempt,
                "reads",
                partitions.get(p).get((int) attempt.next[p]),
                () -> {
                  long offset = attempt.next[partition]++;
                  attempt.process(partitions.get(partition).get((int) offset), true);
                }));
      }
    }
    for (Input input : attempt.waiting) {
      options.add(
          new Option(
              attempt,
              "releases",
              input,
              () -> {
                attempt.waiting.remove(input);
                attempt.process(input, false);
              }));
    }
    for (int l = 0; l < bounds.lanes(); l++) {
      int lane = l;
      if (attempt.following) {
        options.add(new Option(attempt, "follows", l, () -> attempt.follow(lane)));
      } else if (attempt.mayBeginCommit(lane)) {
        options.add(new Option(attempt, "begins commit", l, () -> attempt.beginCommit(lane)));
      } else if (attempt.lanes.get(lane).isCommitting()) {
        if (attempt.done[lane] == null) {
          options.add(new Option(attempt, "commits", l, () -> attempt.executeCommit(lane)));
          addUnmarkedCommits(attempt, lane, options);
        } else {
          options.add(new Option(attempt, "ends commit", l, () -> attempt.endCommit(lane)));
        }
      } else if (idle < bounds.idle()) {
        options.add(
            new Option(
                attempt,
                "takes over again",
                l,
                () -> {
                  idle++;
                  attempt.takeOverAgain(lane);
                }));
      }
    }
  }

  private void addUnmarkedCommits(Attempt attempt, int lane, List<Option> options) {
    ModelStore.Owner owner = attempt.owners.get(lane);
    for (int p = 0; p < ModelJournal.PARTS.size() && unmarked < bounds.unmarked(); p++) {
      int part = p;
      if (owner.touches(part)) {
        options.add(
            new Option(
                attempt,
                "commits, unmarked on " + ModelJournal.PARTS.get(part).headerValue(),
                lane,
                () -> {
                  unmarked++;
                  owner.leaveUnmarked(part);
                  attempt.executeCommit(lane);
                  owner.leaveUnmarked(-1);
                }));
      }
    }
  }

  private void addFailOvers(List<Option> options) {
    if (failOvers < bounds.failOvers()) {
      Attempt last = attempts.get(attempts.size() - 1);
      for (int i = 1; i <= database.unreplicated(); i++) {
        int lost = i;
        options.add(
            new Option(last, "fails over, without the last statements:", i, () -> failOver(lost)));
      }
    }
  }

  /** What is lost was never committed, as far as anybody can see from now on. */
  private void failOver(int lost) {
    failOvers++;
    database.failOver(lost);
    verdicts.clear();
    accepted.clear();
    duplicates.clear();
    database.verdicts().forEach(this::committed);
  }

  private void restart(Job job, Checkpoint checkpoint) {
    job.pending = null;
    job.current = new Attempt(job, checkpoint);
    attempts.add(job.current);
  }

  private void upgrade(Checkpoint checkpoint) {
    Job job = new Job();
    jobs.add(job);
    job.completed.add(checkpoint);
    restart(job, checkpoint);
  }

  /**
   * In the middle of a take-over: one step of another attempt, or none. Where jobs replace one
   * another, that step may be a whole take-over.
   */
  private void othersGetInBetween(Attempt takingOver) {
    long takingOverNow = attempts.stream().filter(attempt -> attempt.busy).count();
    List<Option> options = new ArrayList<>();
    for (Attempt attempt : attempts) {
      boolean mayTakeOver = bounds.upgrades() > 0 && takingOverNow < 2;
      if (attempt != takingOver && (attempt.running || mayTakeOver)) {
        addOptionsOf(attempt, options);
      }
    }
    addFailOvers(options);
    int choice = choices.pick(options.size() + 1);
    if (choice > 0) {
      try {
        run(options.get(choice - 1));
      } catch (Exception e) {
        throw e instanceof RuntimeException known ? known : new IllegalStateException(e);
      }
    }
  }

  /** At rest: every input has its verdict, if the last attempt of a job lives. */
  private void checkComplete() throws InterruptedException {
    for (Job job : jobs) {
      checkComplete(job.current);
    }
  }

  private void checkComplete(Attempt last) throws InterruptedException {
    if (last.running && !last.dead && last.hasReadEverything() && nothingToFindOut(last)) {
      for (Input input : bounds.inputs()) {
        if (!verdicts.containsKey(input.position())) {
          throw new Violation("no verdict for " + input.position());
        }
      }
      requireAccepted(duplicates);
    }
  }

  /**
   * Returns whether the attempt's next checkpoint would succeed. It fails if a commit is not
   * marked, or if a zombie has taken over since and has ended it without committing.
   */
  private boolean nothingToFindOut(Attempt attempt) throws InterruptedException {
    if (journal.stream().anyMatch(ModelStore::hasUnmarked)) {
      return false;
    }
    if (UNAWARE_OF_VISIBILITY.stream().anyMatch(mutations::contains)) {
      return true;
    }
    try {
      for (Lane lane : attempt.lanes) {
        lane.awaitVisible();
      }
      return true;
    } catch (JournalException e) {
      return false;
    }
  }

  /**
   * Lets one more attempt do everything that is left, undisturbed, and checks the result; where
   * that ends with a dead letter, another one.
   */
  void complete() throws Exception {
    failOvers = bounds.failOvers();
    Job greatest = jobs.get(jobs.size() - 1);
    for (boolean done = false; !done; ) {
      restart(greatest, greatest.newest());
      Attempt last = greatest.current;
      run(new Option(last, "takes over", null, last::takeOver));
      try {
        doWhatIsLeft(last);
        done = true;
        checkComplete(last);
      } catch (ModelTable.DeadLettered e) {
        last.dead = true;
      } catch (JournalException.Refused e) {
        throw new Violation("refused: " + e.getMessage());
      }
    }
  }

  private void doWhatIsLeft(Attempt last) throws Exception {
    while (!last.hasReadEverything()) {
      for (int partition = 0; partition < partitions.size(); partition++) {
        if (last.next[partition] < partitions.get(partition).size()) {
          last.process(partitions.get(partition).get((int) last.next[partition]++), true);
        }
      }
      for (Input input : List.copyOf(last.waiting)) {
        last.waiting.remove(input);
        last.process(input, false);
      }
    }
    last.commitAll();
  }

  private long state() {
    StringBuilder text = new StringBuilder(512);
    journal.forEach(lane -> lane.describe(text));
    attempts.forEach(attempt -> attempt.describe(text));
    text.append(checkpointsTaken).append(unmarked).append(idle).append(failOvers);
    database.describe(text);
    for (Job job : jobs) {
      text.append(job.pending != null).append(job.stopped).append(attempts.indexOf(job.current));
      describe(job.pending, text);
      job.completed.stream()
          .skip(Math.max(0, job.completed.size() - 2))
          .forEach(checkpoint -> describe(checkpoint, text));
    }
    String all = text.toString();
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < all.length(); i++) {
      hash = (hash ^ all.charAt(i)) * 0x100000001b3L;
      hash ^= hash >>> 29;
    }
    return hash;
  }

  private static void describe(Checkpoint checkpoint, StringBuilder text) {
    if (checkpoint == null) {
      return;
    }
    text.append("\ncheckpoint");
    text.append(checkpoint.sourceOffsets);
    checkpoint.waiting.stream().map(input -> " w" + input).sorted().forEach(text::append);
    for (LaneCheckpoint state : checkpoint.lanes) {
      text.append(state.end()).append(state.lastSeq()).append(state.decided());
    }
    checkpoint.store.forEach(
        (customer, known) ->
            known.stream()
                .mapToLong(acceptance -> 1_000L * acceptance.partition() + acceptance.offset())
                .sorted()
                .forEach(position -> text.append(' ').append(position)));
  }
}
