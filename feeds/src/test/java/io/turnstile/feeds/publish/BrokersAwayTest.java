package io.turnstile.feeds.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.resilience4j.core.IntervalFunction;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.Test;

class BrokersAwayTest {

  private final BrokersAway brokers = new BrokersAway(IntervalFunction.of(1));

  /** What calls throw, in this order; then they succeed. */
  private final Queue<Exception> failures = new ArrayDeque<>();

  private String call() throws Exception {
    if (!failures.isEmpty()) {
      throw failures.remove();
    }
    return "created";
  }

  /** As of a cluster whose brokers have registered and are still fenced. */
  @Test
  void brokersThatAreFencedYetAreWaitedFor() throws Exception {
    failures.addAll(
        List.of(
            new ExecutionException(
                new InvalidReplicationFactorException("0 brokers are registered as usable")),
            new ExecutionException(new TimeoutException("no answer")),
            new TimeoutException("no answer")));
    assertThat(brokers.outlast(this::call)).isEqualTo("created");
    assertThat(failures).isEmpty();
  }

  @Test
  void whatNoWaitCuresIsNotRepeated() {
    failures.add(new ExecutionException(new TopicAuthorizationException("not allowed")));
    assertThatThrownBy(() -> brokers.outlast(this::call))
        .hasRootCauseInstanceOf(TopicAuthorizationException.class);
    assertThat(failures).isEmpty();
  }
}
