package io.turnstile.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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

  /** The names of resource groups stand in for a cluster's, which the library does not ask for. */
  private String renderWhere(boolean clusterHasTheOperator) throws IOException {
    Chart.copyWithHooks(
        copy,
        template ->
            template
                .replace("\"apiregistration.k8s.io/v1\"", "\"apps/v1\"")
                .replace(
                    "Has \"monitoring.coreos.com/v1\"",
                    clusterHasTheOperator ? "Has \"batch/v1\"" : "Has \"none/v1\""));
    return Chart.of("values-prod.yaml").render(copy);
  }

  @Test
  void prometheusOperatorThatIsMissingIsNamedBeforeAnythingIsInstalled() {
    assertThatThrownBy(() -> renderWhere(false))
        .hasMessageContaining("monitoring.podMonitor.enabled needs the Prometheus operator");
  }

  @Test
  void prometheusOperatorThatIsThereIsUsed() throws IOException {
    assertThat(renderWhere(true)).contains("kind: PodMonitor");
  }
}
