package io.turnstile.simulator.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.turnstile.clients.CommittedVerdicts;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.VerdictCodec;
import io.turnstile.events.VerdictHeaders;
import io.turnstile.simulator.KafkaConnection;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Compares the ledgers of clients with the committed acceptances.
 *
 * @param questions asked
 * @param answers final ones and others
 * @param acceptances answered with 200 at least once, by id
 * @param unanswered questions without a final answer
 * @param changed ids that got two answers of 200 that are not the same bytes
 * @param unfounded ids that got a 200 for which there is no acceptance at the position that it
 *     names
 * @param denied ids that are accepted, with no 200 among their answers
 * @param acceptedTwice ids with more than one acceptance
 * @param examples up to ten of the faults, one line each
 */
public record AnswerAudit(
    long questions,
    long answers,
    long acceptances,
    long unanswered,
    long changed,
    long unfounded,
    long denied,
    long acceptedTwice,
    List<String> examples) {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int EXAMPLES = 10;
  private static final int OK = 200;
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Names an id together with its customer. */
  private record Id(String customerId, String transactionId) {}

  /** Reads the ledgers, and the topic of acceptances to its end. */
  public static AnswerAudit of(KafkaConnection kafka, List<Path> ledgers) throws IOException {
    Map<Id, Set<SourcePosition>> accepted = new HashMap<>();
    try (CommittedVerdicts<byte[]> verdicts =
        new CommittedVerdicts<>(kafka.newConsumer(), List.of(kafka.topics().accepted()))) {
      verdicts.seekToBeginning();
      verdicts.readToEnd(
          PATIENCE,
          batch ->
              batch.forEach(
                  verdict -> {
                    VerdictCodec.Acceptance it = VerdictCodec.decodeAcceptance(verdict.value());
                    accepted
                        .computeIfAbsent(
                            new Id(it.customerId(), it.transactionId()), id -> new HashSet<>())
                        .add(VerdictHeaders.position(verdict.headers()));
                  }));
    }
    Check check = new Check(accepted);
    for (Path ledger : ledgers) {
      check.read(ledger);
    }
    return check.result();
  }

  /** The same, of acceptances that are known: their positions by customer and id. */
  static AnswerAudit of(Map<List<String>, Set<SourcePosition>> accepted, List<Path> ledgers)
      throws IOException {
    Map<Id, Set<SourcePosition>> byId = new HashMap<>();
    accepted.forEach((id, positions) -> byId.put(new Id(id.get(0), id.get(1)), positions));
    Check check = new Check(byId);
    for (Path ledger : ledgers) {
      check.read(ledger);
    }
    return check.result();
  }

  /** True if there is no fault. */
  public boolean passed() {
    return unanswered + changed + unfounded + denied + acceptedTwice == 0;
  }

  /** One line. */
  public String summary() {
    return "%,d questions, %,d answers, %,d ids accepted; unanswered %d, changed %d, unfounded %d, denied %d, accepted twice %d"
        .formatted(
            questions, answers, acceptances, unanswered, changed, unfounded, denied, acceptedTwice);
  }

  private static final class Check {

    private final Map<Id, Set<SourcePosition>> accepted;
    private final Map<Id, String> okBodies = new LinkedHashMap<>();
    private final Set<Id> asked = new HashSet<>();
    private final Set<Id> changed = new HashSet<>();
    private final Set<Id> open = new HashSet<>();
    private final List<String> examples = new ArrayList<>();
    private long questions;
    private long answers;
    private long unanswered;

    private Check(Map<Id, Set<SourcePosition>> accepted) {
      this.accepted = accepted;
    }

    private void read(Path ledger) throws IOException {
      Map<Long, Id> unansweredHere = new HashMap<>();
      Map<Long, Id> ids = new HashMap<>();
      AnswerLedger.read(
          ledger,
          line -> {
            if (line.isQuestion()) {
              Id id = new Id(line.customerId(), line.transactionId());
              questions++;
              asked.add(id);
              ids.put(line.seq(), id);
              unansweredHere.put(line.seq(), id);
              return;
            }
            answers++;
            Id id = ids.get(line.seq());
            if (line.status() == OK) {
              String first = okBodies.putIfAbsent(id, line.body());
              if (first != null && !first.equals(line.body()) && changed.add(id)) {
                fault("changed", id, first + " became " + line.body());
              }
            }
            if (Answer.isFinal(line.status())) {
              unansweredHere.remove(line.seq());
            }
          });
      unanswered += unansweredHere.size();
      unansweredHere.values().forEach(id -> fault("unanswered", id, "no final answer"));
      open.addAll(unansweredHere.values());
    }

    private AnswerAudit result() {
      long unfounded = 0;
      for (Map.Entry<Id, String> each : okBodies.entrySet()) {
        Set<SourcePosition> positions = accepted.getOrDefault(each.getKey(), Set.of());
        if (positions.stream().noneMatch(position -> isNamed(position, each.getValue()))) {
          unfounded++;
          fault("unfounded", each.getKey(), each.getValue() + " but accepted are " + positions);
        }
      }
      long denied = 0;
      long twice = 0;
      for (Id id : asked) {
        Set<SourcePosition> positions = accepted.getOrDefault(id, Set.of());
        if (positions.size() > 1) {
          twice++;
          fault("accepted twice", id, positions.toString());
        }
        if (!positions.isEmpty() && !okBodies.containsKey(id) && !open.contains(id)) {
          denied++;
          fault("denied", id, "accepted at " + positions);
        }
      }
      return new AnswerAudit(
          questions,
          answers,
          okBodies.size(),
          unanswered,
          changed.size(),
          unfounded,
          denied,
          twice,
          List.copyOf(examples));
    }

    private static boolean isNamed(SourcePosition position, String body) {
      try {
        JsonNode json = JSON.readTree(body);
        return json.path("source_partition").asInt(-1) == position.partition()
            && json.path("source_offset").asLong(-1) == position.offset();
      } catch (JsonProcessingException e) {
        return false;
      }
    }

    private void fault(String kind, Id id, String what) {
      if (examples.size() < EXAMPLES) {
        examples.add("%s: %s of %s: %s".formatted(kind, id.transactionId(), id.customerId(), what));
      }
    }
  }
}
