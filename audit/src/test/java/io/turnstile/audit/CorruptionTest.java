package io.turnstile.audit;

import static io.turnstile.audit.History.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.audit.History.Input;
import io.turnstile.audit.History.Written;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.Outcome;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.Transaction;
import io.turnstile.events.VerdictHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.RepeatedTest;

/** Random correct histories pass; with any single corruption, they fail. */
class CorruptionTest {

  private final long seed = new Random().nextLong();
  private final Random random = new Random(seed);

  private enum Corruption {
    REMOVED,
    DOUBLED,
    DOUBLED_ELSEWHERE,
    IN_ANOTHER_TOPIC,
    IN_ANOTHER_LANE,
    WITH_ANOTHER_KEY,
    WITH_ANOTHER_REASON,
    ABOUT_ANOTHER_INPUT,
    WITHOUT_A_HEADER,
    WITH_ANOTHER_NUMBER,
    WITH_ANOTHER_TEXT,
    REPEATING_ANOTHER_ACCEPTANCE,
    WITH_OTHER_BYTES,
    SHORTENED
  }

  @RepeatedTest(25)
  void anySingleCorruptionFails() {
    for (Corruption corruption : Corruption.values()) {
      History history = randomHistory();
      AuditReport before = audit(history);
      assertThat(before.violations()).as("seed %d", seed).isEmpty();
      assertThat(before.inputs()).isEqualTo(history.inputs.size());
      Written victim = history.verdicts.get(random.nextInt(history.verdicts.size()));
      Optional<List<Written>> corrupted = corrupted(victim, corruption);
      if (corrupted.isPresent()) {
        history.verdicts.remove(victim);
        history.verdicts.addAll(corrupted.get());
        AuditReport after = audit(history);
        assertThat(after.passed())
            .as("seed %d, %s of %s, %s", seed, corruption, victim.topic(), victim.record())
            .isFalse();
        assertThat(after.violations()).isNotEmpty();
      }
    }
  }

  private AuditReport audit(History history) {
    AuditConfig config = AuditConfig.builder("unused:1").waitFor(Duration.ZERO).threads(2).build();
    return new AuditRun(config, history.log(), Ledger.of(history.ledger.stream())).run();
  }

  /** Some hundred inputs, decided out of order, each outcome for a reason that the ledger knows. */
  private History randomHistory() {
    History history = new History(true);
    List<Runnable> decisions = new ArrayList<>();
    int count = 100 + random.nextInt(300);
    Input last = null;
    Map<Input, Written> accepted = new HashMap<>();
    for (int i = 0; i < count; i++) {
      history.pass(random.nextInt(1000));
      int kind = random.nextInt(10);
      if (kind == 0) {
        Input input = history.sendMalformed("c-" + random.nextInt(5), "{\"n\":" + i);
        history.expect(input, i, 0, "MALFORMED_JSON");
        decisions.add(() -> history.deadLetter(input, DeadLetterCode.MALFORMED_JSON));
      } else if (kind == 1 && last != null) {
        Input first = last;
        Input input = history.send(first.transaction());
        history.expect(input, i, 0, "DUPLICATE_ID");
        decisions.add(
            () ->
                history.repeat(
                    input, History.named(accepted.computeIfAbsent(first, history::accept))));
      } else {
        Transaction transaction =
            new Transaction(
                "t-" + i,
                "c-" + random.nextInt(5),
                "p-" + random.nextInt(50),
                random.nextInt(),
                random.nextLong(),
                random.nextBoolean() ? "EUR" : "GBP",
                random.nextLong(),
                "a.b.c");
        Input input = history.send(transaction);
        if (kind == 2) {
          history.expect(input, i, 0, "TOKEN_EXPIRED");
          decisions.add(() -> history.reject(input, RejectionReason.TOKEN_EXPIRED));
        } else {
          last = input;
          history.expect(input, i, 1, "ACCEPTED");
          decisions.add(() -> accepted.computeIfAbsent(input, history::accept));
        }
      }
    }
    Collections.shuffle(decisions, random);
    decisions.forEach(Runnable::run);
    return history;
  }

  /** The replacement of a verdict; empty if it cannot be corrupted in this way. */
  private Optional<List<Written>> corrupted(Written victim, Corruption corruption) {
    boolean deadLetter = victim.topic() == Outcome.DEAD_LETTER;
    return switch (corruption) {
      case REMOVED -> Optional.of(List.of());
      case DOUBLED -> Optional.of(List.of(victim, victim));
      case DOUBLED_ELSEWHERE -> Optional.of(List.of(victim, victim.inLane(otherLane(victim))));
      case IN_ANOTHER_TOPIC ->
          Optional.of(
              List.of(
                  victim.in(
                      victim.topic() == Outcome.ACCEPTED
                          ? Outcome.DEAD_LETTER
                          : Outcome.ACCEPTED)));
      // Only customers have a lane of their own.
      case IN_ANOTHER_LANE ->
          deadLetter ? Optional.empty() : Optional.of(List.of(victim.inLane(otherLane(victim))));
      case WITH_ANOTHER_KEY -> Optional.of(List.of(victim.withKey(utf8("c-9"))));
      case WITH_ANOTHER_REASON ->
          deadLetter
              ? Optional.of(
                  List.of(victim.withHeader(VerdictHeaders.ERROR_CODE, "SCHEMA_VIOLATION")))
              : edited(victim, "TOKEN_EXPIRED|DUPLICATE_ID", "TOKEN_NOT_YET_VALID");
      case ABOUT_ANOTHER_INPUT -> {
        long offset = VerdictHeaders.position(victim.record().headers()).offset();
        yield Optional.of(
            List.of(victim.withHeader(VerdictHeaders.SOURCE_OFFSET, Long.toString(offset + 1))));
      }
      case WITHOUT_A_HEADER -> Optional.of(List.of(victim.withHeader(anyHeader(victim), null)));
      case WITH_ANOTHER_NUMBER ->
          edited(victim, "(?<=\"(amount|quantity|occurred_at|received_at)\":-?)[0-9]", "7");
      case WITH_ANOTHER_TEXT ->
          edited(victim, "(?<=\"(transaction_id|customer_id)\":\")[a-zA-Z]", "X");
      case REPEATING_ANOTHER_ACCEPTANCE ->
          edited(victim, "(?<=\"acceptance\":\\{[^}]{0,200}\":)[0-9]", "7")
              // The audit says nothing of a name that is a commit marker's place.
              .filter(written -> !namesACommitMarker(written.get(0)));
      case WITH_OTHER_BYTES ->
          deadLetter ? Optional.of(List.of(victim.withValue(flipped(victim)))) : Optional.empty();
      case SHORTENED -> Optional.of(List.of(victim.withValue(shortened(victim))));
    };
  }

  private int otherLane(Written victim) {
    return (victim.record().partition() + 1 + random.nextInt(History.LANES - 1)) % History.LANES;
  }

  private String anyHeader(Written victim) {
    var headers = victim.record().headers().toArray();
    return headers[random.nextInt(headers.length)].key();
  }

  /** With one occurrence of a pattern replaced, if there is one and it then reads otherwise. */
  private Optional<List<Written>> edited(Written victim, String pattern, String replacement) {
    String value = new String(victim.record().value(), StandardCharsets.UTF_8);
    Matcher matcher = Pattern.compile(pattern).matcher(value);
    List<String> results = new ArrayList<>();
    while (matcher.find()) {
      String result =
          value.substring(0, matcher.start()) + replacement + value.substring(matcher.end());
      if (!result.equals(value)) {
        results.add(result);
      }
    }
    return results.isEmpty()
        ? Optional.empty()
        : Optional.of(List.of(victim.withValue(utf8(results.get(random.nextInt(results.size()))))));
  }

  private static boolean namesACommitMarker(Written duplicate) {
    String value = new String(duplicate.record().value(), StandardCharsets.UTF_8);
    Matcher offset = Pattern.compile("\"source_offset\":([0-9]+)").matcher(value);
    return offset.find()
        && Long.parseLong(offset.group(1)) % History.GAP_EVERY == History.GAP_EVERY - 1;
  }

  private byte[] flipped(Written victim) {
    byte[] bytes = victim.record().value().clone();
    bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
    return bytes;
  }

  private byte[] shortened(Written victim) {
    byte[] value = victim.record().value();
    return Arrays.copyOf(value, random.nextInt(value.length));
  }
}
