package io.turnstile.audit;

import io.turnstile.audit.CommittedLog.Cursor;
import io.turnstile.audit.Violation.Kind;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.Outcome;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.VerdictHeaders;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** One audit, from fixing the ends to the report. Used once. */
final class AuditRun {

  /** By how much the clocks of two brokers may differ. */
  private static final Duration CLOCK_SKEW = Duration.ofMinutes(5);

  /** How much older than the newest an acceptance of its lane may be at first try. */
  private static final Duration SLACK = Duration.ofMinutes(10);

  private static final Duration STALLED = Duration.ofSeconds(60);
  private static final Duration POLL = Duration.ofMillis(200);
  private static final long REPORT_EVERY_NANOS = Duration.ofSeconds(1).toNanos();

  private final AuditConfig config;
  private final CommittedLog log;
  private final Ledger ledger;
  private final ExecutorService readers;

  private final String source;
  private final List<TopicPartition> sources;
  private InputRange range;

  private final Map<TopicPartition, Outcome> outcomes = new HashMap<>();
  private final Map<TopicPartition, Long> verdictStarts = new HashMap<>();
  private final Map<TopicPartition, Long> verdictPositions = new ConcurrentHashMap<>();

  /** Verdict partitions from which records were deleted that may be about the range. */
  private final Set<TopicPartition> truncated = ConcurrentHashMap.newKeySet();

  private final RetentionHorizon horizon = new RetentionHorizon();
  private final List<String> notes = new ArrayList<>();
  private boolean sequencesUnsettled;
  private final AtomicLong neverCommitted = new AtomicLong();
  private int unexamined;

  private final AtomicLong read = new AtomicLong();
  private final AtomicLong reportedAt = new AtomicLong(System.nanoTime());

  /**
   * @param ledger null if there is none
   */
  AuditRun(AuditConfig config, CommittedLog log, Ledger ledger) {
    this.config = config;
    this.log = log;
    this.ledger = ledger;
    this.source = config.topics().transactions();
    this.sources = partitions(source);
    this.readers =
        Executors.newFixedThreadPool(
            config.threads(),
            task -> {
              Thread thread = new Thread(task, "audit-reader");
              thread.setDaemon(true);
              return thread;
            });
  }

  AuditReport run() {
    try {
      return audit();
    } finally {
      readers.shutdownNow();
    }
  }

  private AuditReport audit() {
    fixInputs();
    fixVerdicts();
    int lanes = 1 + outcomes.keySet().stream().mapToInt(TopicPartition::partition).max().orElse(0);
    VerdictPass verdicts =
        new VerdictPass(range, lanes, config.dedupWindow().toMillis(), SLACK.toMillis());

    readVerdicts(verdicts);
    settleSequences(verdicts, lanes);
    List<Long> frontiers = range.tables().stream().map(VerdictTable::frontier).toList();
    InputReading inputs = readInputs(frontiers);
    boolean atWork = false;
    if (awaited() > 0) {
      atWork = readOn(verdicts, () -> awaited() == 0);
      inputs = readInputs(frontiers);
    }
    verdicts.endOfSources(log.appendedEnds(sources));

    Violations found = new Violations();
    found.addAll(verdicts.violations());
    checkSequences(verdicts, lanes, found);
    for (InputPass pass : inputs.passes()) {
      found.addAll(pass.faults());
      found.addAll(pass.overtaken());
      if (!atWork) {
        found.addAll(pass.ahead());
      }
    }
    if (inputs.ledger() != null) {
      inputs.ledger().groups(found);
    }
    Map<SourcePosition, Long> idBySecond = new HashMap<>();
    for (int lane = 0; lane < lanes; lane++) {
      LaneAcceptances acceptances = exactAcceptances(verdicts, lane);
      found.addAll(acceptances.twice());
      idBySecond.putAll(acceptances.idBySecond());
    }
    return report(verdicts, inputs, atWork, explain(inputs, found, idBySecond));
  }

  // ---- the range

  private List<TopicPartition> partitions(String topic) {
    List<TopicPartition> partitions = log.partitions(topic);
    if (partitions.isEmpty()) {
      throw new AuditException(
          "topic " + topic + " does not exist: check the bootstrap servers and the topic prefix");
    }
    return partitions;
  }

  private void fixInputs() {
    Map<TopicPartition, Long> ends = log.stableEnds(sources);
    Map<TopicPartition, Long> starts = startingAt(sources, ends, Duration.ZERO);
    range =
        new InputRange(
            source,
            sources.stream()
                .map(p -> new VerdictTable(Math.min(starts.get(p), ends.get(p)), ends.get(p)))
                .toList());
  }

  private void fixVerdicts() {
    for (Outcome outcome : Outcome.values()) {
      partitions(config.topics().verdict(outcome))
          .forEach(partition -> outcomes.put(partition, outcome));
    }
    Map<TopicPartition, Long> ends = log.stableEnds(outcomes.keySet());
    Map<TopicPartition, Long> logStarts = log.startOffsets(outcomes.keySet());
    verdictStarts.putAll(startingAt(outcomes.keySet(), ends, CLOCK_SKEW));
    verdictPositions.putAll(verdictStarts);
    verdictStarts.forEach(
        (partition, start) -> {
          if (start > 0 && start.equals(logStarts.get(partition))) {
            truncated.add(partition);
          }
        });
  }

  /** The first offsets, or those appended at the time asked for, less a margin. */
  private Map<TopicPartition, Long> startingAt(
      Collection<TopicPartition> partitions, Map<TopicPartition, Long> ends, Duration margin) {
    Map<TopicPartition, Long> starts = new HashMap<>(log.startOffsets(partitions));
    if (config.since().isPresent()) {
      long since = config.since().get().minus(margin).toEpochMilli();
      Map<TopicPartition, Long> found = log.offsetsSince(partitions, since);
      starts.replaceAll(
          (partition, start) ->
              Math.max(start, found.getOrDefault(partition, ends.get(partition))));
    }
    return starts;
  }

  // ---- verdicts

  private void readVerdicts(VerdictPass verdicts) {
    long now = System.currentTimeMillis();
    Set<TopicPartition> unseen = ConcurrentHashMap.newKeySet();
    unseen.addAll(truncated);
    Map<TopicPartition, Long> positions =
        readAll(
            "verdicts",
            verdictStarts,
            log.stableEnds(outcomes.keySet()),
            record -> {
              TopicPartition partition = partition(record);
              if (!unseen.isEmpty() && unseen.remove(partition)) {
                horizon.deletedFrom(outcomes.get(partition), record.timestamp());
              }
              verdicts.verdict(outcomes.get(partition), record);
            });
    verdictPositions.putAll(positions);
    unseen.forEach(partition -> horizon.deletedFrom(outcomes.get(partition), now));
  }

  /**
   * Reads on to where the logs end now: then every number of a lane up to the highest one so far
   * has been read, also one of the same transaction that its partition was about to show.
   */
  private void settleSequences(VerdictPass verdicts, int lanes) {
    boolean present = false;
    for (int lane = 0; lane < lanes; lane++) {
      verdicts.sequence(lane).settle();
      present |= verdicts.sequence(lane).present();
    }
    if (!present) {
      return;
    }
    Map<TopicPartition, Long> ends = log.appendedEnds(outcomes.keySet());
    readOn(
        verdicts,
        () ->
            ends.entrySet().stream()
                .allMatch(end -> verdictPositions.get(end.getKey()) >= end.getValue()));
    ends.forEach(
        (partition, end) -> {
          if (verdictPositions.get(partition) < end) {
            verdicts.sequence(partition.partition()).unsettle();
            sequencesUnsettled = true;
          }
        });
  }

  private void checkSequences(VerdictPass verdicts, int lanes, Violations found) {
    for (int lane = 0; lane < lanes; lane++) {
      Set<Outcome> startedLater = EnumSet.noneOf(Outcome.class);
      for (Map.Entry<TopicPartition, Long> start : verdictStarts.entrySet()) {
        if (start.getKey().partition() == lane && start.getValue() > 0) {
          startedLater.add(outcomes.get(start.getKey()));
        }
      }
      LaneSequence sequence = verdicts.sequence(lane);
      if (sequence.gap(startedLater).isPresent()) {
        addUncommitted(lane, sequence);
      }
      sequence
          .gap(startedLater)
          .ifPresent(gap -> found.add(new Violation(Kind.MISROUTED, null, List.of(), gap)));
      sequence
          .unnumbered()
          .ifPresent(
              place ->
                  found.add(
                      new Violation(
                          Kind.MISROUTED,
                          null,
                          List.of(place),
                          "no lane-seq, though verdicts of its lane had one before")));
    }
  }

  /**
   * Kafka may acknowledge a commit and then not carry it out on a partition (KAFKA-20734). The job
   * decides such inputs again, under other numbers.
   */
  private void addUncommitted(int lane, LaneSequence sequence) {
    readAll(
        "lane " + lane + " for lane-seq that were never committed",
        ofLane(lane, verdictStarts),
        ofLane(lane, verdictPositions),
        log::openUncommitted,
        record -> {
          OptionalLong number = VerdictHeaders.uncommittedLaneSeq(record.headers());
          if (number.isPresent() && sequence.addUncommitted(number.getAsLong())) {
            neverCommitted.incrementAndGet();
          }
        });
  }

  private static Map<TopicPartition, Long> ofLane(int lane, Map<TopicPartition, Long> offsets) {
    return offsets.entrySet().stream()
        .filter(entry -> entry.getKey().partition() == lane)
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  /**
   * Reads all verdict partitions on, until there is enough or the wait is over.
   *
   * @return whether any verdict came
   */
  private boolean readOn(VerdictPass verdicts, BooleanSupplier enough) {
    if (enough.getAsBoolean()) {
      return false;
    }
    long deadline = System.nanoTime() + config.waitFor().toNanos();
    boolean any = false;
    try (Cursor cursor = log.open(verdictPositions)) {
      while (!enough.getAsBoolean() && System.nanoTime() - deadline < 0) {
        for (ConsumerRecord<byte[], byte[]> record : cursor.poll(POLL)) {
          any = true;
          verdicts.verdict(outcomes.get(partition(record)), record);
        }
        verdictPositions.replaceAll((partition, position) -> cursor.position(partition));
      }
    }
    return any;
  }

  private long awaited() {
    return range.tables().stream().mapToLong(VerdictTable::awaited).sum();
  }

  /** The acceptances of a lane, read once more if some came too late for what was still held. */
  private LaneAcceptances exactAcceptances(VerdictPass verdicts, int lane) {
    LaneAcceptances acceptances = verdicts.acceptances(lane);
    if (acceptances.disorder() <= SLACK.toMillis()) {
      return acceptances;
    }
    LaneAcceptances again =
        new LaneAcceptances(config.dedupWindow().toMillis(), acceptances.disorder());
    TopicPartition partition = new TopicPartition(config.topics().accepted(), lane);
    readAll(
        "acceptances of lane " + lane + " once more",
        Map.of(partition, verdictStarts.get(partition)),
        Map.of(partition, verdictPositions.get(partition)),
        record -> verdicts.acceptanceAgain(record, again));
    return again;
  }

  // ---- inputs

  private record InputReading(List<InputPass> passes, Ledger.Check ledger) {}

  private InputReading readInputs(List<Long> frontiers) {
    Ledger.Check check = ledger == null ? null : ledger.newCheck();
    List<InputPass> passes = new ArrayList<>();
    Map<TopicPartition, Long> starts = new HashMap<>();
    Map<TopicPartition, Long> ends = new HashMap<>();
    for (int i = 0; i < sources.size(); i++) {
      VerdictTable table = range.tables().get(i);
      passes.add(new InputPass(source, i, table, horizon, check, frontiers.get(i)));
      starts.put(sources.get(i), table.start());
      ends.put(sources.get(i), table.end());
    }
    readAll("inputs", starts, ends, record -> passes.get(record.partition()).input(record));
    passes.forEach(InputPass::end);
    return new InputReading(passes, check);
  }

  // ---- what is wrong, and where

  private Violations explain(
      InputReading inputs, Violations found, Map<SourcePosition, Long> idBySecond) {
    Explanation explanation =
        new Explanation(
            range, position -> log.record(sources.get(position.partition()), position.offset()));
    boolean needed = false;
    for (Violation violation : found.list()) {
      if (violation.source() != null && violation.kind() != Kind.MISSING) {
        explanation.seek(violation.source());
        needed = true;
      }
    }
    idBySecond.values().forEach(explanation::seekAcceptance);
    Map<TopicPartition, Long> chunkStarts = new HashMap<>();
    Map<TopicPartition, Long> chunkEnds = new HashMap<>();
    for (InputPass pass : inputs.passes()) {
      VerdictTable table = range.tables().get(pass.partition());
      TopicPartition partition = sources.get(pass.partition());
      for (int chunk : pass.suspectChunks()) {
        needed = true;
        if (explanation.suspect(pass.partition(), chunk)) {
          chunkStarts.merge(partition, table.chunkStart(chunk), Math::min);
          chunkEnds.merge(partition, Math.min(table.end(), table.chunkStart(chunk + 1)), Math::max);
        } else {
          unexamined++;
        }
      }
    }
    if (!needed) {
      return found;
    }
    readAll("inputs in question", chunkStarts, chunkEnds, explanation::input);
    readAll(
        "verdicts in question",
        verdictStarts,
        verdictPositions,
        record -> explanation.verdict(outcomes.get(partition(record)), record));
    return explanation.explain(found, idBySecond);
  }

  private AuditReport report(
      VerdictPass verdicts, InputReading reading, boolean atWork, Violations violations) {
    long inputs = reading.passes().stream().mapToLong(InputPass::inputs).sum();
    long expired = reading.passes().stream().mapToLong(InputPass::expired).sum();
    long inFlight =
        atWork ? reading.passes().stream().mapToLong(p -> p.ahead().count(Kind.MISSING)).sum() : 0;
    note(expired > 0, "expired inputs prove nothing: verdicts were deleted from " + truncated);
    note(inFlight > 0, "inputs were still in flight: audit again when the job is idle");
    note(
        violations.count(Kind.MISSING) > 0 && !atWork,
        "no verdict came within %s: is the job running?".formatted(config.waitFor()));
    note(
        violations.count(Kind.MISSING) > 0 || sequencesUnsettled,
        hiddenByTransactions()
            .map(partitions -> "open transactions hide the end of " + partitions)
            .orElse(null));
    note(
        neverCommitted.get() > 0,
        "%d lane-seq belong to verdicts that were never committed, though others after them were"
            .formatted(neverCommitted.get()));
    note(sequencesUnsettled, "lane-seq was not checked for gaps in every lane");
    note(
        unexamined > 0,
        "%d times %d inputs were not looked into: more may be wrong"
            .formatted(unexamined, VerdictTable.CHUNK));
    note(
        ledger != null && inputs > 0 && reading.ledger().verdicts() == 0,
        "no input that was judged carries a ledger-seq: the ledger proved nothing");
    EnumMap<RejectionReason, Long> rejected = new EnumMap<>(RejectionReason.class);
    for (RejectionReason reason : RejectionReason.values()) {
      put(rejected, reason, verdicts.count(OutcomeCode.of(reason)));
    }
    EnumMap<DeadLetterCode, Long> deadLettered = new EnumMap<>(DeadLetterCode.class);
    for (DeadLetterCode code : DeadLetterCode.values()) {
      put(deadLettered, code, verdicts.count(OutcomeCode.of(code)));
    }
    return new AuditReport(
        inputs,
        verdicts.verdicts(),
        violations.count(Kind.MISSING),
        violations.count(Kind.DUPLICATED),
        violations.count(Kind.WRONG),
        violations.count(Kind.ACCEPTED_TWICE),
        violations.count(Kind.MISROUTED),
        inFlight,
        expired,
        verdicts.count(OutcomeCode.ACCEPTED),
        rejected,
        deadLettered,
        verdicts.amounts(),
        violations.list(),
        List.copyOf(notes));
  }

  private void note(boolean applies, String note) {
    if (applies && note != null) {
      notes.add(note);
    }
  }

  /** The verdict partitions with records appended behind the last one that could be read. */
  private Optional<String> hiddenByTransactions() {
    Map<TopicPartition, Long> ends = log.appendedEnds(outcomes.keySet());
    String hidden =
        ends.entrySet().stream()
            .filter(end -> verdictPositions.get(end.getKey()) < end.getValue())
            .map(end -> end.getKey() + " from offset " + verdictPositions.get(end.getKey()))
            .sorted()
            .collect(Collectors.joining(", "));
    return Optional.of(hidden).filter(text -> !text.isEmpty());
  }

  private static <K extends Enum<K>> void put(EnumMap<K, Long> counts, K key, long count) {
    if (count > 0) {
      counts.put(key, count);
    }
  }

  // ---- reading

  /**
   * Reads partitions, several at a time and each in order.
   *
   * @return the offset behind the last record read of each
   */
  private Map<TopicPartition, Long> readAll(
      String what,
      Map<TopicPartition, Long> starts,
      Map<TopicPartition, Long> ends,
      Consumer<ConsumerRecord<byte[], byte[]>> reader) {
    return readAll(what, starts, ends, log::open, reader);
  }

  private Map<TopicPartition, Long> readAll(
      String what,
      Map<TopicPartition, Long> starts,
      Map<TopicPartition, Long> ends,
      Function<Map<TopicPartition, Long>, Cursor> opening,
      Consumer<ConsumerRecord<byte[], byte[]>> reader) {
    long total =
        starts.entrySet().stream().mapToLong(s -> ends.get(s.getKey()) - s.getValue()).sum();
    read.set(0);
    Map<TopicPartition, Future<Long>> futures = new HashMap<>();
    starts.forEach(
        (partition, start) ->
            futures.put(
                partition,
                readers.submit(
                    () ->
                        read(
                            what, total, partition, start, ends.get(partition), opening, reader))));
    Map<TopicPartition, Long> positions = new HashMap<>();
    futures.forEach((partition, future) -> positions.put(partition, result(future)));
    return positions;
  }

  private long read(
      String what,
      long total,
      TopicPartition partition,
      long start,
      long end,
      Function<Map<TopicPartition, Long>, Cursor> opening,
      Consumer<ConsumerRecord<byte[], byte[]>> reader) {
    if (start >= end) {
      return start;
    }
    try (Cursor cursor = opening.apply(Map.of(partition, start))) {
      long position = start;
      long movedAt = System.nanoTime();
      while (position < end) {
        for (ConsumerRecord<byte[], byte[]> record : cursor.poll(POLL)) {
          reader.accept(record);
        }
        long before = position;
        position = cursor.position(partition);
        if (position > before) {
          movedAt = System.nanoTime();
          progress(what, read.addAndGet(position - before), total);
        } else if (System.nanoTime() - movedAt > STALLED.toNanos()) {
          throw new AuditException(
              "%s stands still at offset %d of %d for %d s: is its leader available?"
                  .formatted(partition, position, end, STALLED.toSeconds()));
        }
      }
      return position;
    }
  }

  private void progress(String what, long done, long total) {
    long last = reportedAt.get();
    long now = System.nanoTime();
    if (now - last > REPORT_EVERY_NANOS && reportedAt.compareAndSet(last, now)) {
      config.progress().at(what, Math.min(done, total), total);
    }
  }

  private static long result(Future<Long> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof AuditException known) {
        throw known;
      }
      throw new IllegalStateException("reading failed", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AuditException("interrupted", e);
    }
  }

  private static TopicPartition partition(ConsumerRecord<byte[], byte[]> record) {
    return new TopicPartition(record.topic(), record.partition());
  }
}
