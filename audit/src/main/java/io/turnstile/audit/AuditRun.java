package io.turnstile.audit;

import io.turnstile.audit.Violation.Kind;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.Outcome;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.SourcePosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/** One audit, from fixing the ends to the report. Used once, by one thread. */
final class AuditRun {

  /** The first guess at how much older than the newest an acceptance of its lane may be. */
  private static final Duration SLACK = Duration.ofMinutes(10);

  private final AuditConfig config;
  private final CommittedLog log;
  private final Ledger ledger;
  private final PartitionReaders readers;

  private final String source;
  private final List<TopicPartition> sources;
  private final RetentionHorizon horizon = new RetentionHorizon();

  // Set by audit() in this order.
  private InputRange range;
  private VerdictPartitions partitions;
  private LaneSequences sequences;
  private VerdictPass verdicts;
  private int unexamined;

  /**
   * @param ledger null if there is none
   */
  AuditRun(AuditConfig config, CommittedLog log, Ledger ledger) {
    this.config = config;
    this.log = log;
    this.ledger = ledger;
    this.source = config.topics().transactions();
    this.sources = log.existingPartitions(source);
    this.readers = new PartitionReaders(log, config.threads(), config.progress());
  }

  AuditReport run() {
    try (readers) {
      return audit();
    }
  }

  private AuditReport audit() {
    range = fixRange();
    partitions = new VerdictPartitions(config, log, readers);
    int lanes = partitions.lanes();
    sequences = new LaneSequences(lanes);
    verdicts =
        new VerdictPass(
            range,
            config.verdictReader(),
            lanes,
            sequences,
            config.dedupWindow().toMillis(),
            SLACK.toMillis());

    partitions.read(verdicts::verdict, horizon);
    sequences.settle(partitions, verdicts::verdict);
    List<Long> frontiers = range.tables().stream().map(VerdictTable::frontier).toList();
    InputReading inputs = readInputs(frontiers);
    boolean atWork = false;
    if (awaited() > 0) {
      atWork = partitions.readOn(verdicts::verdict, () -> awaited() == 0);
      inputs = readInputs(frontiers);
    }
    verdicts.endOfSources(log.appendedEnds(sources));

    Violations found = new Violations();
    found.addAll(verdicts.violations());
    sequences.check(partitions, found);
    inputs.check(found, atWork);
    Map<SourcePosition, Long> idBySecond = new HashMap<>();
    for (int lane = 0; lane < lanes; lane++) {
      LaneAcceptances acceptances = exactAcceptances(lane);
      found.addAll(acceptances.twice());
      idBySecond.putAll(acceptances.idBySecond());
    }
    verdicts.namedAcceptances().check(verdicts, partitions, sequences.neverCommitted() > 0, found);
    return report(inputs, atWork, locate(inputs, found, idBySecond));
  }

  private InputRange fixRange() {
    Map<TopicPartition, Long> ends = log.stableEnds(sources);
    Map<TopicPartition, Long> starts = log.startsSince(ends, config.since());
    return new InputRange(
        source,
        sources.stream()
            .map(p -> new VerdictTable(Math.min(starts.get(p), ends.get(p)), ends.get(p)))
            .toList());
  }

  private long awaited() {
    return range.tables().stream().mapToLong(VerdictTable::awaited).sum();
  }

  /** The acceptances of a lane, read once more if some came too late for what was still held. */
  private LaneAcceptances exactAcceptances(int lane) {
    LaneAcceptances acceptances = verdicts.acceptances(lane);
    if (acceptances.disorder() <= SLACK.toMillis()) {
      return acceptances;
    }
    LaneAcceptances again =
        new LaneAcceptances(config.dedupWindow().toMillis(), acceptances.disorder());
    partitions.readAgain(
        "acceptances of lane " + lane + " once more",
        Outcome.ACCEPTED,
        Set.of(lane),
        (topic, record) -> verdicts.again(topic, record, again::add));
    return again;
  }

  /**
   * One reading of all inputs.
   *
   * @param ledger null if there is none
   */
  private record InputReading(List<InputPass> passes, Ledger.Check ledger) {

    /**
     * @param atWork true if inputs that the job has not come to yet are not missing
     */
    void check(Violations found, boolean atWork) {
      for (InputPass pass : passes) {
        found.addAll(pass.faults());
        found.addAll(pass.overtaken());
        if (!atWork) {
          found.addAll(pass.ahead());
        }
      }
      if (ledger != null) {
        ledger.groups(found);
      }
    }
  }

  private InputReading readInputs(List<Long> frontiers) {
    Ledger.Check check = ledger == null ? null : ledger.newCheck();
    List<InputPass> passes = new ArrayList<>();
    Map<TopicPartition, Long> starts = new HashMap<>();
    Map<TopicPartition, Long> ends = new HashMap<>();
    for (int i = 0; i < sources.size(); i++) {
      VerdictTable table = range.tables().get(i);
      passes.add(
          new InputPass(source, i, table, config.additions(), horizon, check, frontiers.get(i)));
      starts.put(sources.get(i), table.start());
      ends.put(sources.get(i), table.end());
    }
    readers.read("inputs", starts, ends, record -> passes.get(record.partition()).input(record));
    passes.forEach(InputPass::end);
    return new InputReading(passes, check);
  }

  private Violations locate(
      InputReading inputs, Violations found, Map<SourcePosition, Long> idBySecond) {
    ViolationLocator locator =
        new ViolationLocator(
            range,
            config.additions(),
            config.verdictReader(),
            position -> log.record(sources.get(position.partition()), position.offset()));
    boolean needed = false;
    for (Violation violation : found.list()) {
      if (violation.source() != null && violation.kind() != Kind.MISSING) {
        locator.seek(violation.source());
        needed = true;
      }
    }
    idBySecond.values().forEach(locator::seekAcceptance);
    Map<TopicPartition, Long> chunkStarts = new HashMap<>();
    Map<TopicPartition, Long> chunkEnds = new HashMap<>();
    for (InputPass pass : inputs.passes()) {
      VerdictTable table = range.tables().get(pass.partition());
      TopicPartition partition = sources.get(pass.partition());
      for (int chunk : pass.suspectChunks()) {
        needed = true;
        if (locator.suspect(pass.partition(), chunk)) {
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
    readers.read("inputs in question", chunkStarts, chunkEnds, locator::input);
    partitions.readAgain("verdicts in question", locator::verdict);
    return locator.locate(found, idBySecond);
  }

  private AuditReport report(InputReading reading, boolean atWork, Violations violations) {
    long inputs = reading.passes().stream().mapToLong(InputPass::inputs).sum();
    long expired = reading.passes().stream().mapToLong(InputPass::expired).sum();
    long inFlight =
        atWork ? reading.passes().stream().mapToLong(p -> p.ahead().count(Kind.MISSING)).sum() : 0;
    boolean ledgerProvedNothing = ledger != null && inputs > 0 && reading.ledger().verdicts() == 0;
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
        notes(
            violations,
            expired,
            inFlight,
            atWork,
            ledgerProvedNothing,
            ledger != null && reading.ledger().contradicted()));
  }

  private List<String> notes(
      Violations violations,
      long expired,
      long inFlight,
      boolean atWork,
      boolean ledgerProvedNothing,
      boolean ledgerContradicted) {
    List<String> notes = new ArrayList<>();
    boolean missing = violations.count(Kind.MISSING) > 0;
    if (config.since() != null) {
      notes.add("only inputs appended since %s were audited".formatted(config.since()));
    }
    if (expired > 0) {
      notes.add(
          "expired inputs prove nothing: verdicts were deleted from " + partitions.truncated());
    }
    if (inFlight > 0) {
      notes.add("inputs were still in flight: audit again when the job is idle");
    }
    if (missing && !atWork) {
      notes.add("no verdict came within %s: is the job running?".formatted(config.waitFor()));
    }
    String hidden = missing || sequences.unsettled() ? partitions.hiddenByTransactions() : "";
    if (!hidden.isEmpty()) {
      notes.add("open transactions hide the end of " + hidden);
    }
    if (sequences.neverCommitted() > 0) {
      notes.add(
          "%d lane-seq belong to verdicts that were never committed, though others after them were"
              .formatted(sequences.neverCommitted()));
    }
    if (sequences.unsettled()) {
      notes.add("lane-seq was not checked for gaps in every lane");
    }
    if (unexamined > 0) {
      notes.add(
          "%d times %d inputs were not looked into: more may be wrong"
              .formatted(unexamined, VerdictTable.CHUNK));
    }
    if (ledgerProvedNothing) {
      notes.add("no input that was judged carries a ledger-seq: the ledger proved nothing");
    }
    if (ledgerContradicted && config.since() == null) {
      notes.add(
          "the ledger contradicts verdicts: if earlier runs on these topics had another ledger, give --since with the time at which its run began");
    }
    return List.copyOf(notes);
  }

  private static <K extends Enum<K>> void put(EnumMap<K, Long> counts, K key, long count) {
    if (count > 0) {
      counts.put(key, count);
    }
  }
}
