package io.turnstile.testbed;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.events.TopicNames;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class TurnstileDeploymentTest {
  private static final Path JWKS = Path.of("/keys/jwks.json");

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
            "--jwks", JWKS.toString(),
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
            "--topic-prefix", "a.",
            "--group-id", "a.turnstile",
            "--jwks", JWKS.toString(),
            "--lanes", "4");
  }
}
