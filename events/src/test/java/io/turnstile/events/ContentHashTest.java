package io.turnstile.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ContentHashTest {

  /** The file is frozen: state and verdicts of running deployments hold these hashes. */
  @Test
  void hashesAreThoseOfEveryEarlierRelease() throws IOException {
    List<String> lines =
        new String(
                ContentHashTest.class.getResourceAsStream("/content-hash-v1.tsv").readAllBytes(),
                StandardCharsets.UTF_8)
            .lines()
            .toList();
    assertThat(lines).hasSize(9);
    for (String line : lines) {
      String[] parts = line.split("\t", 2);
      Transaction transaction =
          ((Decoded.Valid<Transaction>)
                  TransactionCodec.decode(parts[1].getBytes(StandardCharsets.UTF_8)))
              .record();
      assertThat(ContentHash.of(transaction)).as(line).hasToString(parts[0]);
    }
  }

  @Test
  void idAndTokenAreNotContent() {
    Transaction other =
        new Transaction("t-2", "c-1", "p-1", 2, 1998, "GBP", 1_290_000_000_000L, "other");
    assertThat(ContentHash.of(other)).isEqualTo(ContentHash.of(Samples.TRANSACTION));
  }

  @Test
  void fieldOrderIsNotContent() {
    String one =
        """
        {"transaction_id": "t", "customer_id": "c", "product_id": "p", "quantity": 1,
         "amount": 2, "currency": "GBP", "occurred_at": 3, "token": ""}""";
    String other =
        """
        {"token": "", "occurred_at": 3, "currency": "GBP", "amount": 2, "x": 0,
         "quantity": 1, "product_id": "p", "customer_id": "c", "transaction_id": "u"}""";
    assertThat(hash(one)).isEqualTo(hash(other));
  }

  @Test
  void everyOtherFieldIsContent() {
    List<Transaction> different =
        List.of(
            new Transaction("t", "c", "p", 1, 2, "GBP", 3, ""),
            new Transaction("t", "d", "p", 1, 2, "GBP", 3, ""),
            new Transaction("t", "c", "q", 1, 2, "GBP", 3, ""),
            new Transaction("t", "p", "c", 1, 2, "GBP", 3, ""),
            new Transaction("t", "c", "p", 2, 1, "GBP", 3, ""),
            new Transaction("t", "c", "p", -1, 2, "GBP", 3, ""),
            new Transaction("t", "c", "p", 1, -2, "GBP", 3, ""),
            new Transaction("t", "c", "p", 1, 3, "GBP", 2, ""),
            new Transaction("t", "c", "p", 1, 2, "EUR", 3, ""));
    assertThat(different.stream().map(ContentHash::of)).doesNotHaveDuplicates();
  }

  /** Text that moves from one field to the next makes another content. */
  @Test
  void fieldsDoNotRunIntoEachOther() {
    Set<ContentHash> hashes = new HashSet<>();
    String all = "abGBP\0\0\0\1c";
    int count = 0;
    for (int i = 1; i < all.length(); i++) {
      for (int j = i + 1; j < all.length(); j++) {
        hashes.add(
            ContentHash.of(
                new Transaction(
                    "t", all.substring(0, i), all.substring(i, j), 0, 0, all.substring(j), 0, "")));
        count++;
      }
    }
    assertThat(hashes).hasSize(count);
  }

  @Test
  void textAndBytesGiveTheSameHashBack() {
    ContentHash hash = ContentHash.of(Samples.TRANSACTION);
    assertThat(ContentHash.parse(hash.toString())).isEqualTo(hash).hasSameHashCodeAs(hash);
    assertThat(ContentHash.ofBytes(hash.toBytes())).isEqualTo(hash);
    assertThat(hash.toString()).matches("v1:[0-9a-f]{64}");
  }

  @Test
  void bytesAreACopy() {
    ContentHash hash = ContentHash.of(Samples.TRANSACTION);
    byte[] bytes = hash.toBytes();
    ContentHash same = ContentHash.ofBytes(bytes);
    bytes[0]++;
    hash.toBytes()[0]++;
    assertThat(same).isEqualTo(hash).isEqualTo(ContentHash.of(Samples.TRANSACTION));
  }

  @Test
  void otherTextIsRefused() {
    String good = ContentHash.of(Samples.TRANSACTION).toString();
    for (String bad :
        List.of(
            "",
            "v1:",
            good.substring(3),
            "v2:" + good.substring(3),
            good + "0",
            good + "00",
            good.substring(0, 66),
            good.substring(0, 66) + "g",
            " " + good)) {
      assertThatThrownBy(() -> ContentHash.parse(bad))
          .as(bad)
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> ContentHash.ofBytes(new byte[31]))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static ContentHash hash(String json) {
    return ContentHash.of(
        ((Decoded.Valid<Transaction>)
                TransactionCodec.decode(json.getBytes(StandardCharsets.UTF_8)))
            .record());
  }
}
