package io.turnstile.audit;

import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.LedgerEntry;
import io.turnstile.events.Outcome;
import io.turnstile.events.RejectionReason;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The outcome of an input, reason included, as a small number: accepted, a {@link RejectionReason}
 * or a {@link DeadLetterCode}. The names are those of the ledger.
 */
final class OutcomeCode {

  static final int ACCEPTED = 0;

  private static final List<String> NAMES = new ArrayList<>();
  private static final List<Outcome> OUTCOMES = new ArrayList<>();
  private static final Map<RejectionReason, Integer> BY_REASON =
      new EnumMap<>(RejectionReason.class);
  private static final Map<DeadLetterCode, Integer> BY_CODE = new EnumMap<>(DeadLetterCode.class);

  static {
    add(LedgerEntry.ACCEPTED, Outcome.ACCEPTED);
    for (RejectionReason reason : RejectionReason.values()) {
      BY_REASON.put(reason, add(reason.name(), Outcome.REJECTED));
    }
    for (DeadLetterCode code : DeadLetterCode.values()) {
      BY_CODE.put(code, add(code.name(), Outcome.DEAD_LETTER));
    }
  }

  static final int REFUSED_BY_DATABASE = of(DeadLetterCode.REFUSED_BY_DATABASE);

  /** The number of outcomes. */
  static final int COUNT = NAMES.size();

  private OutcomeCode() {}

  static int of(RejectionReason reason) {
    return BY_REASON.get(reason);
  }

  static int of(DeadLetterCode code) {
    return BY_CODE.get(code);
  }

  /** The number of a name, or -1 if there is no such outcome. */
  static int ofName(String name) {
    return NAMES.indexOf(name);
  }

  static String name(int code) {
    return NAMES.get(code);
  }

  static Outcome outcome(int code) {
    return OUTCOMES.get(code);
  }

  private static int add(String name, Outcome outcome) {
    NAMES.add(name);
    OUTCOMES.add(outcome);
    return NAMES.size() - 1;
  }
}
