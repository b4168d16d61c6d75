package io.turnstile.simulator.hostile;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.zip.GZIPOutputStream;

/** Values of records that are no transaction, written by hand. */
final class BadValues {

  private static final int DEEP = 1_000_000;
  private static final int LESS_DEEP = 900;
  private static final int LONG_NUMBER = 500_000;

  /** Of two letters each, so that there are 16,384 names. */
  private static final int NAME_PAIRS = 14;

  /** As many as 1 MiB holds. */
  private static final int QUAD_NAMES = 78_000;

  /** Of 33, modulo 2 to the 32nd: the table's hash has 33 times the second half of a name. */
  private static final int INVERSE = 0x3e0f83e1;

  private BadValues() {}

  /** A transaction as the contract wants it. */
  static String transaction(String id, String customer, String product, String token) {
    String json =
        "{'transaction_id':'%s','customer_id':'%s','product_id':'%s','quantity':1,"
            + "'amount':100,'currency':'EUR','occurred_at':%d,'token':'%s'}";
    return json.replace('\'', '"')
        .formatted(id, customer, product, System.currentTimeMillis(), token);
  }

  /** Dead-lettered as no JSON; the first one is null. */
  static List<byte[]> notJson() {
    String text = transaction("h", "mallory", "none", "x");
    byte[] plain = bytes(text);
    return Arrays.asList(
        null,
        new byte[0],
        bytes(" \n"),
        bytes("\ufeff"),
        text.getBytes(StandardCharsets.UTF_16),
        text.getBytes(StandardCharsets.UTF_16LE),
        join(new byte[] {(byte) 0xff, (byte) 0xfe}, text.getBytes(StandardCharsets.UTF_16LE)),
        gzip(plain),
        join(new byte[] {0, 0, 0, 0, 1}, plain),
        join(new byte[] {(byte) 0xef, (byte) 0xbb, (byte) 0xbf, (byte) 0xff}, plain),
        text.replace("mallory", "m\u00e4llory").getBytes(StandardCharsets.ISO_8859_1),
        Arrays.copyOf(plain, plain.length - 1),
        bytes(text + text),
        bytes(text.replace("100", "NaN")),
        bytes(text.replace("{", "{\"amount\":1,")));
  }

  /** Dead-lettered as JSON of another kind. */
  static List<byte[]> notTransactions() {
    String text = transaction("h", "mallory", "none", "x");
    return List.of(
        bytes("null"),
        bytes("\ufeff[]"),
        bytes("[" + text + "]"),
        bytes("\"" + "x".repeat(100_000) + "\""),
        bytes("{\"before\":null,\"after\":" + text + ",\"op\":\"c\"}"),
        bytes("{\"schema\":{},\"payload\":" + text + "}"),
        bytes(text.replace("mallory", "\\ud800")),
        bytes(text.replace("mallory", "m".repeat(257))),
        bytes(text.replace("EUR", "eur")),
        bytes(text.replace(":100,", ":1e999999999,")),
        bytes(text.replace(":100,", ":9223372036854775808,")),
        bytes(text.replace(":100,", ":" + "9".repeat(LONG_NUMBER) + ",")),
        bytes(text.replace(":100,", ":0." + "0".repeat(LONG_NUMBER) + "1,")));
  }

  /** A megabyte of opening brackets. */
  static byte[] deep() {
    return bytes("[".repeat(DEEP));
  }

  /** As deep as may be, over and over, in a field that nobody asked for. */
  static byte[] lessDeep() {
    String nested = "[".repeat(LESS_DEEP) + "]".repeat(LESS_DEEP);
    return bytes("{\"x\":[" + String.join(",", Collections.nCopies(500, nested)) + "]}");
  }

  /** One object whose names all have one {@link String#hashCode}. */
  static byte[] collidingStrings() {
    StringBuilder json = new StringBuilder("{");
    for (int number = 0; number < 1 << NAME_PAIRS; number++) {
      json.append(number == 0 ? "\"" : ",\"");
      for (int bit = 0; bit < NAME_PAIRS; bit++) {
        json.append(((number >> bit) & 1) == 0 ? "Aa" : "BB");
      }
      json.append("\":0");
    }
    return bytes(json.append('}').toString());
  }

  /** One object whose names all have one hash in Jackson's table of names, whatever its seed. */
  static byte[] collidingQuads(RandomGenerator random) {
    StringBuilder json = new StringBuilder("{");
    Set<Integer> firsts = new HashSet<>();
    int target = random.nextInt();
    while (firsts.size() < QUAD_NAMES) {
      int first = plainQuad(random);
      int mixed = first + (first >>> 15);
      mixed ^= mixed >>> 9;
      int second = (target - mixed) * INVERSE;
      if (isPlain(first) && isPlain(second) && firsts.add(first)) {
        json.append(firsts.size() == 1 ? "\"" : ",\"");
        append(json, first);
        append(json, second);
        json.append("\":0");
      }
    }
    return bytes(json.append('}').toString());
  }

  private static int plainQuad(RandomGenerator random) {
    while (true) {
      int quad = 0;
      for (int i = 0; i < Integer.BYTES; i++) {
        quad = (quad << 8) | random.nextInt('!', '~' + 1);
      }
      if (isPlain(quad)) {
        return quad;
      }
    }
  }

  /** Whether all four bytes are letters of ASCII that need no escape. */
  private static boolean isPlain(int quad) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      int letter = (quad >> shift) & 0xff;
      if (letter <= ' ' || letter >= 0x7f || letter == '"' || letter == '\\') {
        return false;
      }
    }
    return true;
  }

  private static void append(StringBuilder json, int quad) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      json.append((char) ((quad >> shift) & 0xff));
    }
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] join(byte[] before, byte[] after) {
    byte[] both = Arrays.copyOf(before, before.length + after.length);
    System.arraycopy(after, 0, both, before.length, after.length);
    return both;
  }

  private static byte[] gzip(byte[] plain) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(plain);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return bytes.toByteArray();
  }
}
