package io.turnstile.job.commit.journal.postgresql;

import io.turnstile.events.Outcome;
import io.turnstile.events.SourcePosition;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * A hash over all verdicts that a lane holds up to a number, each by its input, its outcome and the
 * time of the decision. Two servers on which it is equal hold the same ones up to there: a replica
 * that was promoted without some of them, and was given others since, has another. Immutable.
 */
final class LaneHistory {

  static final int BYTES = 32;

  /** Of a lane that holds nothing. */
  static final LaneHistory EMPTY = new LaneHistory(new byte[BYTES]);

  private final byte[] hash;

  private LaneHistory(byte[] hash) {
    this.hash = hash;
  }

  /** The history whose {@link #bytes} these are. */
  static LaneHistory of(byte[] bytes) {
    if (bytes.length != BYTES) {
      throw new IllegalArgumentException("a history has " + BYTES + " bytes, not " + bytes.length);
    }
    return new LaneHistory(bytes.clone());
  }

  byte[] bytes() {
    return hash.clone();
  }

  /**
   * The history with one verdict more.
   *
   * @param decidedAt epoch milliseconds; 0 for a dead letter
   */
  LaneHistory plus(long laneSeq, SourcePosition source, Outcome outcome, long decidedAt) {
    byte[] texts = (outcome.headerValue() + ' ' + source.topic()).getBytes(StandardCharsets.UTF_8);
    ByteBuffer row =
        ByteBuffer.allocate(BYTES + 3 * Long.BYTES + Integer.BYTES + texts.length)
            .put(hash)
            .putLong(laneSeq)
            .putLong(source.offset())
            .putLong(decidedAt)
            .putInt(source.partition())
            .put(texts);
    return new LaneHistory(sha256().digest(row.array()));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LaneHistory that && Arrays.equals(hash, that.hash);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(hash);
  }

  /** In hexadecimal. */
  @Override
  public String toString() {
    return HexFormat.of().formatHex(hash);
  }
}
