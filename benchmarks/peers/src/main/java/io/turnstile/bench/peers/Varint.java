package io.turnstile.bench.peers;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/**
 * Integers in 1 to 10 bytes, small absolute values in few: zigzag, then seven bits a byte, the
 * lowest first.
 */
final class Varint {

  private Varint() {}

  static void write(long value, DataOutputStream out) throws IOException {
    long rest = (value << 1) ^ (value >> (Long.SIZE - 1));
    while (rest >>> 7 != 0) {
      out.writeByte((int) (rest & 0x7F) | 0x80);
      rest >>>= 7;
    }
    out.writeByte((int) rest);
  }

  /**
   * Reads one.
   *
   * @throws IOException if it has no end
   */
  static long read(DataInputStream in) throws IOException {
    long bits = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      byte next = in.readByte();
      bits |= (next & 0x7FL) << shift;
      if (next >= 0) {
        return (bits >>> 1) ^ -(bits & 1);
      }
    }
    throw new IOException("a number has no end");
  }
}
