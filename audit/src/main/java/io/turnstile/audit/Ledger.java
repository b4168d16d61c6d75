package io.turnstile.audit;

import io.turnstile.audit.Violation.Kind;
import io.turnstile.events.LedgerEntry;
import io.turnstile.events.SourcePosition;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * The outcomes that the sender expects of each input: a few arrays, 6 bytes an entry and about 60 a
 * group. Immutable; {@link #newCheck()} holds what was seen.
 */
final class Ledger {

  /** A ledger without entries: expects nothing. */
  static final Ledger NONE = new Ledger();

  private short[] allowedBySeq = new short[0];
  private int[] groupBySeq = new int[0];
  private final LongLongMap groupIndex = new LongLongMap();
  private int groups;
  private int[] membersByGroup = new int[0];
  private byte[] acceptancesByGroup = new byte[0];
  private long[] idByGroup = new long[0];

  private Ledger() {}

  /**
   * Reads a ledger file, one {@link LedgerEntry#toLine()} a line.
   *
   * @throws AuditException if it cannot be read or is none
   */
  static Ledger read(Path file) {
    try (BufferedReader lines = Files.newBufferedReader(file)) {
      Ledger ledger = new Ledger();
      long number = 0;
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        number++;
        try {
          ledger.add(LedgerEntry.parse(line));
        } catch (IllegalArgumentException e) {
          throw new AuditException(
              "ledger %s, line %d: %s".formatted(file, number, e.getMessage()), e);
        }
      }
      return ledger;
    } catch (IOException e) {
      throw new AuditException("cannot read the ledger " + file + ": " + e, e);
    }
  }

  static Ledger of(Stream<LedgerEntry> entries) {
    Ledger ledger = new Ledger();
    entries.forEach(ledger::add);
    return ledger;
  }

  private void add(LedgerEntry entry) {
    if (entry.seq() < 0 || entry.seq() > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException("seq " + entry.seq() + " is out of range");
    }
    if (entry.acceptances() < 0 || entry.acceptances() > Byte.MAX_VALUE) {
      throw new IllegalArgumentException("acceptances " + entry.acceptances() + " out of range");
    }
    int seq = (int) entry.seq();
    allowedBySeq = grown(allowedBySeq, seq);
    groupBySeq = grown(groupBySeq, seq);
    if (allowedBySeq[seq] != 0) {
      throw new IllegalArgumentException("seq " + seq + " comes twice");
    }
    int allowed = 0;
    for (String name : entry.allowed()) {
      int code = OutcomeCode.ofName(name);
      if (code < 0) {
        throw new IllegalArgumentException("unknown outcome " + name);
      }
      allowed |= 1 << code;
    }
    allowedBySeq[seq] = (short) allowed;
    groupBySeq[seq] = group(entry);
  }

  private int group(LedgerEntry entry) {
    long found = groupIndex.putIfAbsent(spread(entry.group()), groups);
    int group = found == LongLongMap.ABSENT ? groups++ : (int) found;
    if (found == LongLongMap.ABSENT) {
      membersByGroup = grown(membersByGroup, group);
      acceptancesByGroup = grown(acceptancesByGroup, group);
      idByGroup = grown(idByGroup, group);
      acceptancesByGroup[group] = (byte) entry.acceptances();
      idByGroup[group] = entry.group();
    } else if (acceptancesByGroup[group] != entry.acceptances()) {
      throw new IllegalArgumentException(
          "group %d has %d acceptances, in a line before it has %d"
              .formatted(entry.group(), entry.acceptances(), acceptancesByGroup[group]));
    }
    membersByGroup[group]++;
    return group;
  }

  /** One to one, so that group numbers may be keys of a map that wants them mixed. */
  private static long spread(long group) {
    long mixed = group * 0x9E3779B97F4A7C15L;
    return mixed ^ (mixed >>> 32);
  }

  private static short[] grown(short[] array, int index) {
    return index < array.length ? array : Arrays.copyOf(array, larger(array.length, index));
  }

  private static byte[] grown(byte[] array, int index) {
    return index < array.length ? array : Arrays.copyOf(array, larger(array.length, index));
  }

  private static int[] grown(int[] array, int index) {
    return index < array.length ? array : Arrays.copyOf(array, larger(array.length, index));
  }

  private static long[] grown(long[] array, int index) {
    return index < array.length ? array : Arrays.copyOf(array, larger(array.length, index));
  }

  private static int larger(int length, int index) {
    return (int) Math.min(Integer.MAX_VALUE - 8, Math.max(index + 1024L, length * 3L / 2));
  }

  /** A check of one reading of the inputs. */
  Check newCheck() {
    return new Check();
  }

  /** Compares verdicts with the ledger. Thread-safe. */
  final class Check {

    private final int[] decided = new int[groups];
    private final int[] accepted = new int[groups];
    private final int[] lastPartition = new int[groups];
    private final long[] lastOffset = new long[groups];
    private String topic;
    private long verdicts;
    private boolean contradicted;

    /**
     * Notes the verdict about an input.
     *
     * @param code an {@link OutcomeCode}
     * @return its fault in one line, or null
     */
    synchronized String verdict(long seq, SourcePosition position, int code) {
      if (seq < 0 || seq >= allowedBySeq.length || allowedBySeq[(int) seq] == 0) {
        contradicted = true;
        return "ledger-seq " + seq + " is not in the ledger";
      }
      verdicts++;
      int group = groupBySeq[(int) seq];
      decided[group]++;
      topic = position.topic();
      lastPartition[group] = position.partition();
      lastOffset[group] = position.offset();
      if (code == OutcomeCode.ACCEPTED) {
        accepted[group]++;
      }
      int allowed = allowedBySeq[(int) seq];
      if ((allowed & (1 << code)) != 0) {
        return null;
      }
      contradicted = true;
      return "is %s, the ledger allows %s for seq %d"
          .formatted(OutcomeCode.name(code), names(allowed), seq);
    }

    /**
     * Groups with other than their number of acceptances. Too few is only wrong when every member
     * was sent and has its verdict: otherwise the accepted one may be among the rest.
     */
    synchronized void groups(Violations violations) {
      for (int group = 0; group < groups; group++) {
        int expected = acceptancesByGroup[group];
        if (accepted[group] > expected
            || (accepted[group] < expected && decided[group] >= membersByGroup[group])) {
          contradicted = true;
          violations.add(
              new Violation(
                  Kind.WRONG,
                  new SourcePosition(topic, lastPartition[group], lastOffset[group]),
                  List.of(),
                  "ledger group %d was accepted %d times, not %d"
                      .formatted(idByGroup[group], accepted[group], expected)));
        }
      }
    }

    /** Verdicts about inputs that are in the ledger. */
    synchronized long verdicts() {
      return verdicts;
    }

    /** Whether any verdict is another than the ledger allows, so that it may be of other inputs. */
    synchronized boolean contradicted() {
      return contradicted;
    }

    private String names(int allowed) {
      List<String> names = new ArrayList<>();
      for (int code = 0; code < OutcomeCode.COUNT; code++) {
        if ((allowed & (1 << code)) != 0) {
          names.add(OutcomeCode.name(code));
        }
      }
      return String.join("|", names);
    }
  }
}
