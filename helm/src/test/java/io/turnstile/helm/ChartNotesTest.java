package io.turnstile.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What Helm tells the user: NOTES, and refusals that depend on the cluster. */
class ChartNotesTest {

  @TempDir private Path directory;

  private Path copy;

  @BeforeEach
  void copyChart() {
    copy = directory.resolve("turnstile");
  }

  /** The notes as Helm prints them; the library renders manifests only. */
  private String notes(Chart chart) throws IOException {
    Chart.copyWithHooks(copy, UnaryOperator.identity());
    Path notes = copy.resolve("templates/NOTES.txt");
    Files.writeString(
        copy.resolve("templates/notes.yaml"),
        """
        {{- define "notes" -}}
        %s
        {{- end -}}
        notes: |-
          {{- include "notes" . | nindent 2 }}
        """
            .formatted(Files.readString(notes)));
    Files.delete(notes);
    String rendered = chart.render(copy);
    return rendered
        .substring(rendered.indexOf("notes: |-"))
        .lines()
        .skip(1)
        .takeWhile(line -> !line.equals("---"))
        .reduce("", (text, line) -> text + line.strip() + "\n");
  }

  @Test
  void suspendedReleaseIsResumedWithoutASavepointThatNobodyCouldTake() throws IOException {
    assertThat(notes(Chart.minimal().with("job.suspended", true)))
        .contains("helm upgrade … --set job.suspended=false --set upgrade.savepoint=false");
  }

  @Test
  void upgradeBesideSaysWhereItsReasonIs() throws IOException {
    assertThat(notes(Chart.minimal().with("upgrade.beside", true)))
        .contains("rollout status deployment/shop-turnstile-r1-jobmanager")
        .contains("logs job/shop-turnstile-r1-upgrade")
        .contains("logs deployment/shop-turnstile-r1-jobmanager");
  }

  @Test
  void commandForTheReasonFindsWhatThePodsSay() throws IOException {
    Matcher grep =
        Pattern.compile("grep -iE '([^']+)'").matcher(notes(Chart.of("values-dev.yaml")));
    assertThat(grep.find()).isTrue();
    Pattern pattern = Pattern.compile(grep.group(1), Pattern.CASE_INSENSITIVE);
    assertThat(
            new String[] {
              "turnstile topics: Kafka refuses or does not answer: Timed out",
              "forget-execution-plan: the Kubernetes API at https://10.96.0.1:443 does not answer",
              "trust-certificates: /opt/turnstile/certificates/ca.pem does not hold certificates",
              "org.apache.flink.client.program.ProgramParametrizationException: Unknown option",
              "Job 1 switched from state RUNNING to FAILED."
            })
        .allMatch(line -> pattern.matcher(line).find());
    assertThat(pattern.matcher("INFO Loading configuration property: rest.port").find()).isFalse();
  }

  /**
   * Where a cluster answers, with the resources of one operator or none. A group that is always
   * there stands in for a cluster's, which the library does not ask for.
   */
  private String renderWhere(String installed, Chart chart) throws IOException {
    Chart.copyWithHooks(
        copy,
        template ->
            template
                .replace("\"apiregistration.k8s.io/v1\"", "\"apps/v1\"")
                .replace("set $needs \"" + installed + "\"", "set $needs \"batch/v1\""));
    return chart.render(copy);
  }

  static Stream<Arguments> operators() {
    return Stream.of(
        Arguments.of(
            Chart.of("values-prod.yaml"),
            "monitoring.coreos.com/v1",
            "PodMonitor",
            "monitoring.podMonitor.enabled needs the Prometheus operator"),
        Arguments.of(
            Chart.minimal()
                .with("mode", "operator")
                .with("networkPolicy.webFrom[0].podSelector.matchLabels.app", "operator"),
            "flink.apache.org/v1beta1",
            "FlinkDeployment",
            "mode=operator needs the Flink Kubernetes operator"),
        Arguments.of(
            Chart.minimal()
                .with("scheduling", "reactive")
                .with("autoscaling.enabled", true)
                .with("autoscaling.by", "keda")
                .with("autoscaling.prometheusUrl", "http://prometheus:9090"),
            "keda.sh/v1alpha1",
            "ScaledObject",
            "autoscaling.by=keda needs KEDA"));
  }

  @ParameterizedTest
  @MethodSource("operators")
  void operatorThatIsMissingIsNamedBeforeAnythingIsInstalled(
      Chart chart, String group, String kind, String message) {
    assertThatThrownBy(() -> renderWhere("none/v1", chart)).hasMessageContaining(message);
  }

  @ParameterizedTest
  @MethodSource("operators")
  void operatorThatIsThereIsUsed(Chart chart, String group, String kind, String message)
      throws IOException {
    assertThat(renderWhere(group, chart))
        .contains("apiVersion: " + group)
        .contains("kind: " + kind);
  }
}
