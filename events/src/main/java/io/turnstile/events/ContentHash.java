package io.turnstile.events;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Hash of all that a transaction says but its id: SHA-256 over customer, product, quantity, amount,
 * currency and time of occurrence. Two transactions with the same hash have the same content.
 *
 * <p>Written as {@code v1:} and 64 hexadecimal digits. The version changes whenever the fields or
 * their encoding do: hashes of different versions never match. Immutable.
 */
public final class ContentHash {

  private static final String VERSION = "v1:";
  private static final int BYTES = 32;

  private static final ThreadLocal<MessageDigest> SHA_256 =
      ThreadLocal.withInitial(ContentHash::newDigest);

  private final byte[] digest;

  private ContentHash(byte[] digest) {
    this.digest = digest;
  }

  /** The hash of a transaction's content. */
  public static ContentHash of(Transaction transaction) {
    MessageDigest sha = SHA_256.get();
    sha.update((byte) 1);
    update(sha, transaction.customerId());
    update(sha, transaction.productId());
    update(sha, transaction.currency());
    sha.update(
        ByteBuffer.allocate(Integer.BYTES + 2 * Long.BYTES)
            .putInt(transaction.quantity())
            .putLong(transaction.amount())
            .putLong(transaction.occurredAt())
            .array());
    return new ContentHash(sha.digest());
  }

  /** The hash with these 32 bytes, as given by {@link #toBytes()}. */
  public static ContentHash ofBytes(byte[] digest) {
    if (digest.length != BYTES) {
      throw new IllegalArgumentException("a content hash has 32 bytes, not " + digest.length);
    }
    return new ContentHash(digest.clone());
  }

  /**
   * Reads the form written by {@link #toString()}.
   *
   * @throws IllegalArgumentException if the text is not of that form
   */
  public static ContentHash parse(String text) {
    if (!text.startsWith(VERSION)) {
      throw new IllegalArgumentException("not a content hash of version 1: " + text);
    }
    return ofBytes(HexFormat.of().parseHex(text, VERSION.length(), text.length()));
  }

  /** The 32 bytes of the digest; a copy. */
  public byte[] toBytes() {
    return digest.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ContentHash that && Arrays.equals(digest, that.digest);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(digest);
  }

  @Override
  public String toString() {
    return VERSION + HexFormat.of().formatHex(digest);
  }

  /** The length goes first, so that no two lists of fields have the same bytes. */
  private static void update(MessageDigest sha, String field) {
    byte[] utf8 = field.getBytes(StandardCharsets.UTF_8);
    sha.update(ByteBuffer.allocate(Integer.BYTES).putInt(utf8.length).array());
    sha.update(utf8);
  }

  private static MessageDigest newDigest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
