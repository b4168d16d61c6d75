package io.turnstile.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.turnstile.events.Rejected;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.Transaction;
import io.turnstile.events.VerdictCodec;
import io.turnstile.simulator.RetryClient.Retry;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RetryClientTest {

  private static final int CAPACITY = 2;

  private final FakeKafka kafka = new FakeKafka();
  private final RetryClient client =
      new RetryClient(kafka.verdicts(List.of(kafka.topics().rejected())), CAPACITY);

  @AfterEach
  void close() {
    client.close();
  }

  @Test
  void manyOthersDoNotDisplaceWhatWillBeRejected() {
    client.remember(transaction(0), 1, true);
    for (int id = 1; id <= 10 * CAPACITY; id++) {
      client.remember(transaction(id), 1, false);
    }
    assertThat(client.forgotten()).isZero();
    assertThat(rejected(0)).isEqualTo(new Retry(transaction(0), 2, true));
  }

  @Test
  void whatWillBeRejectedAndIsForgottenIsCounted() {
    for (int id = 0; id < CAPACITY + 3; id++) {
      client.remember(transaction(id), 1, true);
    }
    assertThat(client.forgotten()).isEqualTo(3);
    assertThat(rejected(CAPACITY + 2).transaction()).isEqualTo(transaction(CAPACITY + 2));
  }

  @Test
  void rejectionThatWasNotExpectedIsSentAgainToo() {
    client.remember(transaction(0), 1, false);
    assertThat(rejected(0)).isEqualTo(new Retry(transaction(0), 2, false));
  }

  private Retry rejected(int id) {
    Transaction transaction = transaction(id);
    kafka.reject(
        VerdictCodec.encode(
            new Rejected(
                transaction.transactionId(),
                transaction.customerId(),
                RejectionReason.TOKEN_EXPIRED,
                "expired",
                1,
                2)));
    return await().until(client::poll, retry -> retry != null);
  }

  private static Transaction transaction(int id) {
    return new Transaction("t-" + id, "customer", "product", 1, 1, "EUR", 1, "");
  }
}
