package io.turnstile.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

/** Random records and random damage; a failure is repeated with the printed seed. */
class CodecFuzzTest {

  private static final byte[] JSON_BYTES =
      "{}[]:,\"\\ue0123456789-+.nulltruefalse \u00e9".getBytes(StandardCharsets.UTF_8);

  private Random random;

  @BeforeEach
  void seed(TestInfo test) {
    long seed = Long.getLong("seed", new Random().nextLong());
    System.out.println(test.getDisplayName() + ": -Dseed=" + seed);
    random = new Random(seed);
  }

  @Test
  void readingWhatWasWrittenGivesTheSame() {
    for (int i = 0; i < 500; i++) {
      Transaction transaction = Samples.transaction(random);
      Product product = Samples.product(random);
      Customer customer = Samples.customer(random);
      assertThat(TransactionCodec.decode(TransactionCodec.encode(transaction)))
          .isEqualTo(new Decoded.Valid<>(transaction));
      assertThat(ProductCodec.decode(ProductCodec.encode(product)))
          .isEqualTo(new Decoded.Valid<>(product));
      assertThat(CustomerCodec.decode(CustomerCodec.encode(customer)))
          .isEqualTo(new Decoded.Valid<>(customer));

      Rejected rejected = Samples.rejected(random);
      assertThat(VerdictCodec.decodeRejected(VerdictCodec.encode(rejected))).isEqualTo(rejected);
      Accepted accepted = Samples.accepted(random);
      assertThat(VerdictCodec.decodeAcceptance(VerdictCodec.encode(accepted)))
          .isEqualTo(
              new VerdictCodec.Acceptance(
                  accepted.transaction().transactionId(),
                  accepted.transaction().customerId(),
                  accepted.transaction().amount(),
                  accepted.transaction().currency(),
                  accepted.contentHash(),
                  accepted.receivedAt(),
                  accepted.decidedAt()));
    }
  }

  @Test
  void damagedBytesNeverThrow() {
    byte[] small =
        TransactionCodec.encode(new Transaction("tx-é", "c-1", "p", -3, 5, "EUR", 7, "a.b.c"));
    for (int i = 0; i < 40_000; i++) {
      byte[] damaged =
          damage(i % 10 == 0 ? TransactionCodec.encode(Samples.transaction(random)) : small);
      assertThatCode(
              () -> {
                check(TransactionCodec.decode(damaged));
                check(ProductCodec.decode(damaged));
                check(CustomerCodec.decode(damaged));
              })
          .as(() -> HexFormat.of().formatHex(damaged))
          .doesNotThrowAnyException();
    }
  }

  @Test
  void damagedVerdictsAreReadOrRefused() {
    for (int i = 0; i < 5_000; i++) {
      byte[] accepted = damage(VerdictCodec.encode(Samples.accepted(random)));
      byte[] rejected = damage(VerdictCodec.encode(Samples.rejected(random)));
      readOrRefused(accepted, () -> VerdictCodec.decodeAcceptance(accepted));
      readOrRefused(rejected, () -> VerdictCodec.decodeRejected(rejected));
    }
  }

  private static void readOrRefused(byte[] value, Runnable read) {
    try {
      read.run();
    } catch (IllegalArgumentException refused) {
      assertThat(refused.getMessage()).isNotBlank();
    } catch (RuntimeException | StackOverflowError e) {
      throw new AssertionError(HexFormat.of().formatHex(value), e);
    }
  }

  /** A value that is read can be written and read again; any other has one line to say why. */
  private static void check(Decoded<?> decoded) {
    if (decoded instanceof Decoded.Invalid<?> invalid) {
      assertThat(invalid.code()).isNotNull();
      assertThat(invalid.message()).isNotBlank().doesNotContain("\n");
    } else if (decoded instanceof Decoded.Valid<?> valid
        && valid.record() instanceof Transaction transaction
        && transaction.token().chars().noneMatch(c -> Character.isSurrogate((char) c))) {
      assertThat(TransactionCodec.decode(TransactionCodec.encode(transaction))).isEqualTo(decoded);
    }
  }

  private byte[] damage(byte[] value) {
    byte[] damaged = value;
    for (int times = 1 + random.nextInt(4); times > 0 && damaged.length > 0; times--) {
      int at = random.nextInt(damaged.length);
      switch (random.nextInt(5)) {
        case 0 -> damaged = replace(damaged, at, at + 1, (byte) random.nextInt());
        case 1 -> damaged = replace(damaged, at, at + 1, jsonByte());
        case 2 -> damaged = replace(damaged, at, at, jsonByte());
        case 3 -> damaged = Arrays.copyOf(damaged, at);
        default -> {
          int to = Math.min(damaged.length, at + 1 + random.nextInt(8));
          byte[] part = Arrays.copyOfRange(damaged, at, to);
          int where = random.nextInt(damaged.length);
          damaged = replace(damaged, where, where, part);
        }
      }
    }
    return damaged;
  }

  private byte jsonByte() {
    return JSON_BYTES[random.nextInt(JSON_BYTES.length)];
  }

  private static byte[] replace(byte[] bytes, int from, int to, byte... by) {
    byte[] replaced = new byte[bytes.length - (to - from) + by.length];
    System.arraycopy(bytes, 0, replaced, 0, from);
    System.arraycopy(by, 0, replaced, from, by.length);
    System.arraycopy(bytes, to, replaced, from + by.length, bytes.length - to);
    return replaced;
  }
}
