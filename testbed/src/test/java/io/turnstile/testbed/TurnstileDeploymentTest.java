package io.turnstile.testbed;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.events.TopicNames;
import java.lang.reflect.Proxy;
import java.util.List;
import org.junit.jupiter.api.Test;

class TurnstileDeploymentTest {
  private static final String JWKS = "/keys/jwks.json";

  /** Knows where jobs find the brokers, and nothing else. */
  private static final Testbed TESTBED =
      (Testbed)
          Proxy.newProxyInstance(
              Testbed.class.getClassLoader(),
              new Class<?>[] {Testbed.class},
              (proxy, method, arguments) -> {
                assertThat(method.getName()).isEqualTo("bootstrapServersForJobs");
                return "broker:9092";
              });

  @Test
  void withoutPrefixTopicsAndGroupAreTheJobsDefaults() {
    TurnstileDeployment deployment = new TurnstileDeployment(TESTBED, "", 2, JWKS);
    assertThat(deployment.topics()).isEqualTo(TopicNames.DEFAULT);
    assertThat(deployment.submission(List.of("--commit", "journal")).arguments())
        .containsExactly(
            "--bootstrap-servers", "broker:9092",
            "--jwks", JWKS,
            "--lanes", "2",
            "--commit", "journal");
  }

  @Test
  void prefixSeparatesTopicsAndGroup() {
    TurnstileDeployment deployment = new TurnstileDeployment(TESTBED, "a.", 4, JWKS);
    assertThat(deployment.topics()).isEqualTo(TopicNames.withPrefix("a."));
    assertThat(deployment.submission(List.of()).arguments())
        .containsExactly(
            "--bootstrap-servers", "broker:9092",
            "--topic-transactions", "a.transactions",
            "--topic-inventory", "a.inventory",
            "--topic-customers", "a.customers",
            "--topic-accepted", "a.verdicts.accepted",
            "--topic-rejected", "a.verdicts.rejected",
            "--topic-dead-letter", "a.verdicts.dead-letter",
            "--group-id", "a.turnstile",
            "--jwks", JWKS,
            "--lanes", "4");
  }

  @Test
  void topicsOfOtherNamesAreNamedToTheJob() {
    TopicNames names =
        new TopicNames("in", "inventory", "customers", "yes", "verdicts.rejected", "dead");
    TurnstileDeployment deployment = new TurnstileDeployment(TESTBED, names, 1, JWKS);
    assertThat(deployment.topics()).isEqualTo(names);
    assertThat(deployment.submission(List.of()).arguments())
        .containsExactly(
            "--bootstrap-servers", "broker:9092",
            "--topic-transactions", "in",
            "--topic-accepted", "yes",
            "--topic-dead-letter", "dead",
            "--jwks", JWKS,
            "--lanes", "1");
  }
}
