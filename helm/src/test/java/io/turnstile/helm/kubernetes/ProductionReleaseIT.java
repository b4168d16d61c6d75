package io.turnstile.helm.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.turnstile.cli.Turnstile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code values-prod.yaml} with a broker in a namespace of its own, on a port that only its address
 * names, two JobManagers, keys and Kafka's properties from secrets, and state on a volume.
 */
@Tag("kubernetes")
class ProductionReleaseIT {

  @TempDir private static Path directory;

  private static Namespace kafka;
  private static Namespace namespace;
  private static Release release;
  private static Load load;

  @BeforeAll
  static void install() throws IOException {
    kafka = Namespace.create("turnstile-kafka");
    kafka.apply(resource("kafka.yaml").replace("NAMESPACE", kafka.name()));
    kafka.kubectl("rollout", "status", "deployment/kafka", "--timeout=5m");

    namespace = Namespace.create("turnstile-prod");
    String signingKey = secrets();
    String bootstrapServers = "kafka." + kafka.name() + ".svc:19092";
    Path values = directory.resolve("values.yaml");
    Files.writeString(values, resource("values.yaml").replace("KAFKA", bootstrapServers));
    release =
        new Release(
            namespace,
            List.of(
                "--values=" + Release.CHART.resolve("values-prod.yaml"),
                "--values=" + values,
                // The placeholder of a registry.
                Release.image(Release.IMAGE).get(0),
                Release.image(Release.IMAGE).get(1)));
    release.install();
    load = Load.start(namespace, bootstrapServers, signingKey);
  }

  /** Returns the signing key. */
  private static String secrets() throws IOException {
    Path signingKey = directory.resolve("signing-key.json");
    Path jwks = directory.resolve("jwks.json");
    String[] keys = {"keys", "--signing-key=" + signingKey, "--jwks=" + jwks};
    assertThat(Turnstile.run(Turnstile.commandLine(), keys, Map.of())).isZero();
    Path properties = directory.resolve("client.properties");
    Files.writeString(properties, "security.protocol=PLAINTEXT\n");
    for (String[] secret :
        new String[][] {
          {"turnstile-kafka", properties.toString()},
          {"turnstile-check", signingKey.toString()},
          {"turnstile-jwks", jwks.toString()}
        }) {
      namespace.kubectl("create", "secret", "generic", secret[0], "--from-file=" + secret[1]);
    }
    return Files.readString(signingKey);
  }

  private static String resource(String name) throws IOException {
    return Files.readString(
        Release.CHART.resolveSibling("src/test/resources/kubernetes").resolve(name));
  }

  @AfterAll
  static void leaveNothing() {
    for (Namespace each : new Namespace[] {namespace, kafka}) {
      if (each != null) {
        each.close();
      }
    }
  }

  @Test
  void checkOfTheReleasePasses() {
    assertThat(namespace.kubectl("logs", "job/turnstile-topics")).contains("4 lanes");
    assertThat(release.check())
        .contains("PASS  canary accepted", "PASS  expired token rejected")
        // NOTES are there too, with the word.
        .doesNotContainPattern("(?m)^FAIL");
  }

  @Test
  void prometheusOperatorThatIsMissingIsNamed() {
    assumeThat(namespace.kubectl("api-versions"))
        .as("what the cluster has")
        .doesNotContain("monitoring.coreos.com/v1");
    Command refused = release.tryUpgrade("--set=monitoring.prometheusRule.enabled=true");
    assertThat(refused.succeeded()).isFalse();
    assertThat(refused.errors())
        .contains("monitoring.prometheusRule.enabled needs the Prometheus operator");
  }

  @Test
  void standbyTakesOverFromADeletedJobManager() {
    load.begin();
    namespace.kubectl("delete", "pod", leader());
    release.awaitReady();
    load.endAndAudit();
  }

  /** The pod whose job answers its probe. */
  private static String leader() {
    return release.pods("jobmanager").stream()
        .filter(pod -> pod.at("/status/containerStatuses/0/ready").asBoolean())
        .map(pod -> pod.at("/metadata/name").asText())
        .findFirst()
        .orElseThrow();
  }

  @Test
  void upgradeUnderLoadLosesNothing() {
    load.begin();
    release.upgrade("--set=job.options.dedup-window=2h");
    load.endAndAudit();
  }
}
