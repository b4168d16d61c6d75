package io.turnstile.systemtests.fuzz;

import static io.turnstile.systemtests.fuzz.Model.demand;
import static io.turnstile.systemtests.fuzz.Model.demandOneLine;

import io.turnstile.decision.reference.MalformedReferenceException;
import io.turnstile.decision.reference.Reference;
import io.turnstile.decision.reference.ReferenceDecoder;
import io.turnstile.events.Customer;
import io.turnstile.events.CustomerCodec;
import io.turnstile.events.Product;
import io.turnstile.events.ProductCodec;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Function;

/**
 * A record of a reference topic: a byte with {@link #CUSTOMER}, {@link #NULL_KEY} and {@link
 * #NULL_VALUE}, the key's length, key, value.
 */
public final class ReferenceTarget {

  private static final int CUSTOMER = 1;
  private static final int NULL_KEY = 2;
  private static final int NULL_VALUE = 4;

  private ReferenceTarget() {}

  /** A record is a version, a delete, or malformed. */
  public static void fuzzerTestOneInput(byte[] bytes) {
    if (bytes.length < 2) {
      return;
    }
    int valueFrom = Math.min(bytes.length, 2 + Byte.toUnsignedInt(bytes[1]));
    byte[] key = (bytes[0] & NULL_KEY) != 0 ? null : Arrays.copyOfRange(bytes, 2, valueFrom);
    byte[] value =
        (bytes[0] & NULL_VALUE) != 0 ? null : Arrays.copyOfRange(bytes, valueFrom, bytes.length);
    if ((bytes[0] & CUSTOMER) != 0) {
      check(
          ReferenceDecoder.CUSTOMER,
          key,
          value,
          CustomerCodec::encode,
          Customer::customerId,
          Customer::version);
    } else {
      check(
          ReferenceDecoder.PRODUCT,
          key,
          value,
          ProductCodec::encode,
          Product::productId,
          Product::version);
    }
  }

  private static <T> void check(
      ReferenceDecoder<T> decoder,
      byte[] key,
      byte[] value,
      Function<T, byte[]> encoder,
      Function<T, String> id,
      Function<T, Long> version) {
    Reference<T> reference;
    try {
      reference = decoder.decode(key, value, 1, 2, 3);
    } catch (MalformedReferenceException e) {
      demand(e.reason() != null, () -> "what is malformed has a reason");
      demandOneLine(e.getMessage());
      return;
    }
    demand(!reference.key().isEmpty(), () -> "a key is not empty");
    if (reference.isDelete()) {
      demand(
          value == null
              || new String(value, StandardCharsets.UTF_8).isBlank()
              || new String(value, StandardCharsets.UTF_8).strip().equals("null"),
          () -> "only nothing deletes");
      return;
    }
    demand(reference.key().equals(id.apply(reference.value())), () -> "the key is the id");
    demand(version.apply(reference.value()) == reference.version(), () -> "the version is its own");
    try {
      Reference<T> again = decoder.decode(key, encoder.apply(reference.value()), 1, 2, 3);
      demand(again.equals(reference), () -> "reading what was written gives the same");
    } catch (MalformedReferenceException e) {
      throw new AssertionError("what was written cannot be read", e);
    }
  }
}
