package io.turnstile.job.commit.journal;

import java.util.Arrays;
import java.util.HexFormat;

/**
 * A place in a lane: everything before it has happened, everything after it has not. The bytes are
 * the store's own, who alone can read them; checkpoints hold them as they are. Immutable.
 */
public final class LanePosition {

  private final byte[] bytes;

  private LanePosition(byte[] bytes) {
    this.bytes = bytes;
  }

  /** The position in a store's own form. */
  public static LanePosition of(byte[] bytes) {
    return new LanePosition(bytes.clone());
  }

  /** The form that the store has given it. */
  public byte[] bytes() {
    return bytes.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LanePosition that && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  /** In hexadecimal. */
  @Override
  public String toString() {
    return HexFormat.of().formatHex(bytes);
  }
}
