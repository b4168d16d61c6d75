package io.turnstile.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.events.TopicNames;
import io.turnstile.events.TransactionCodec;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TopicSettingTest {

  @Test
  void topicThatAdmitsMoreThanAllowedIsAProblemWithItsCure() {
    TopicSetting limit = TopicSetting.atMost("max.message.bytes", 100);
    assertThat(textOf(limit.problem("transactions", "101")))
        .isEqualTo(
            "topic transactions has max.message.bytes=101, not at most 100 (kafka-configs.sh"
                + " --bootstrap-server HOST:PORT --alter --entity-type topics --entity-name"
                + " transactions --add-config max.message.bytes=100)");
    assertThat(limit.problem("transactions", "100")).isEmpty();
    assertThat(limit.problem("transactions", "1")).isEmpty();
  }

  @Test
  void topicThatAdmitsLessThanNeededIsAProblem() {
    TopicSetting limit = TopicSetting.atLeast("max.message.bytes", 100);
    assertThat(textOf(limit.problem("dead", "99")))
        .startsWith("topic dead has max.message.bytes=99, not at least 100 (");
    assertThat(limit.problem("dead", "100")).isEmpty();
    assertThat(limit.problem("dead", "9999999999")).isEmpty();
  }

  @Test
  void otherValueIsAProblemAlsoIfThereIsNone() {
    TopicSetting policy = TopicSetting.exactly("cleanup.policy", "delete");
    assertThat(textOf(policy.problem("t", "compact")))
        .startsWith("topic t has cleanup.policy=compact, not delete (");
    assertThat(policy.problem("t", null)).isPresent();
    assertThat(TopicSetting.atMost("max.message.bytes", 1).problem("t", null)).isPresent();
    assertThat(policy.problem("t", "delete")).isEmpty();
  }

  @Test
  void problemSaysWhetherARunningJobCanGoOn() {
    TopicSetting limit = TopicSetting.atMost("max.message.bytes", 100);
    assertThat(limit.problem("t", "101").orElseThrow().tolerable()).isFalse();
    assertThat(limit.asTolerable().problem("t", "101").orElseThrow().tolerable()).isTrue();
    assertThat(limit.asTolerable().problem("t", "100")).isEmpty();
  }

  @Test
  void runningJobCanGoOnWithOtherSizesAndCompressionOnly() {
    List<String> tolerable =
        new Topics(TopicNames.DEFAULT, 1, 1)
            .settings().values().stream()
                .flatMap(List::stream)
                .filter(TopicSetting::tolerable)
                .map(TopicSetting::name)
                .toList();
    assertThat(tolerable)
        .containsExactly("max.message.bytes", "compression.type", "max.message.bytes");
  }

  private static String textOf(Optional<ClusterProblem> problem) {
    return problem.orElseThrow().text();
  }

  @Test
  void deadLetterHasRoomForTheLargestInputAndTheLargestInputForTheLargestTransaction() {
    assertThat(Topics.MAX_INPUT_BYTES).isEqualTo(TransactionCodec.MAX_VALUE_BYTES + 64 * 1024);
    assertThat(Topics.MAX_DEAD_LETTER_BYTES - Topics.MAX_INPUT_BYTES).isEqualTo(128 * 1024);
  }
}
