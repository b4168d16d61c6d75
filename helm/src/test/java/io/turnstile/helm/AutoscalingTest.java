package io.turnstile.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HPAScalingRules;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerBehavior;
import io.fabric8.kubernetes.api.model.autoscaling.v2.MetricSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What TaskManagers are counted by, and what keeps their number from flapping. */
class AutoscalingTest {

  private static final Path PROMETHEUS =
      Chart.DIRECTORY.resolve("../../monitoring/prometheus").normalize();

  private static Chart by(String what) {
    return Chart.minimal()
        .with("scheduling", "reactive")
        .with("autoscaling.enabled", true)
        .with("autoscaling.prometheusUrl", "http://prometheus.monitoring:9090")
        .with("autoscaling.by", what);
  }

  private static HorizontalPodAutoscaler autoscaler(Chart chart) {
    return chart.manifests().get(HorizontalPodAutoscaler.class, "taskmanager");
  }

  @Test
  void loadIsBusyTimeAndBacklog() {
    Chart chart = by("load").with("autoscaling.targetBacklog", 1_000_000);
    List<MetricSpec> metrics = autoscaler(chart).getSpec().getMetrics();
    assertThat(metrics)
        .extracting(metric -> metric.getExternal().getMetric().getName())
        .containsExactly("turnstile_busy_percent", "turnstile_pending_records");
    // A share of the time that is used asks for a multiple of what there is, a backlog for a
    // number.
    assertThat(metrics.get(0).getExternal().getTarget().getType()).isEqualTo("Value");
    assertThat(metrics.get(0).getExternal().getTarget().getValue()).hasToString("70");
    assertThat(metrics.get(1).getExternal().getTarget().getType()).isEqualTo("AverageValue");
    assertThat(metrics.get(1).getExternal().getTarget().getAverageValue()).hasToString("1000000");
  }

  @Test
  void processorUseNeedsNoMetricsOfOurs() {
    assertThat(autoscaler(by("cpu")).getSpec().getMetrics())
        .singleElement()
        .satisfies(
            metric ->
                assertThat(metric.getResource().getTarget().getAverageUtilization()).isEqualTo(70));
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "load"})
  void everyChangeIsOneStepAfterAWait(String what) {
    Chart chart =
        by(what)
            .with("autoscaling.maxReplicas", 3)
            .with("autoscaling.scaleUpStabilizationSeconds", 90);
    HorizontalPodAutoscalerBehavior behavior = autoscaler(chart).getSpec().getBehavior();
    assertThat(behavior.getScaleUp().getStabilizationWindowSeconds()).isEqualTo(90);
    assertThat(behavior.getScaleDown().getStabilizationWindowSeconds()).isEqualTo(600);
    for (HPAScalingRules rules : List.of(behavior.getScaleUp(), behavior.getScaleDown())) {
      assertThat(rules.getPolicies())
          .singleElement()
          .satisfies(
              policy -> {
                assertThat(policy.getType()).isEqualTo("Pods");
                assertThat(policy.getValue()).isEqualTo(3);
              });
    }
  }

  @Test
  void kedaAsksPrometheusForTheSame() {
    Manifests manifests = by("keda").manifests();
    assertThat(manifests.all(HorizontalPodAutoscaler.class)).isEmpty();
    GenericKubernetesResource scaled =
        manifests.get(GenericKubernetesResource.class, "taskmanager");
    JsonNode spec = new YAMLMapper().valueToTree(scaled).path("spec");
    assertThat(spec.at("/scaleTargetRef/name").asText())
        .isEqualTo(manifests.get(Deployment.class, "taskmanager").getMetadata().getName());
    assertThat(spec.path("maxReplicaCount").asInt()).isEqualTo(4);
    assertThat(
            spec.at(
                    "/advanced/horizontalPodAutoscalerConfig/behavior/scaleDown/stabilizationWindowSeconds")
                .asInt())
        .isEqualTo(600);
    assertThat(spec.path("triggers")).hasSize(2);
    JsonNode busy = spec.at("/triggers/0");
    assertThat(busy.path("type").asText()).isEqualTo("prometheus");
    assertThat(busy.path("metricType").asText()).isEqualTo("Value");
    assertThat(busy.at("/metadata/query").asText())
        .isEqualTo("max(turnstile:busy_percent{namespace=\"payments\"})");
    assertThat(busy.at("/metadata/serverAddress").asText())
        .isEqualTo("http://prometheus.monitoring:9090");
    // Text: KEDA takes no numbers there.
    assertThat(busy.at("/metadata/threshold").isTextual()).isTrue();
    // A job that restarts reports nothing, which is not no load.
    assertThat(busy.at("/metadata/ignoreNullValues").asText()).isEqualTo("false");
    assertThatThrownBy(by("keda").with("autoscaling.prometheusUrl", "")::render)
        .hasMessageContaining("autoscaling.prometheusUrl");
  }

  @Test
  void whatIsAskedForIsRecordedAndTranslatedByTheAdapter() throws IOException {
    Set<String> asked = new TreeSet<>();
    for (MetricSpec metric : autoscaler(by("load")).getSpec().getMetrics()) {
      asked.add(metric.getExternal().getMetric().getName());
    }
    YAMLMapper yaml = new YAMLMapper();
    JsonNode rule =
        yaml.readTree(PROMETHEUS.resolve("adapter-values.yaml").toFile()).at("/rules/external/0");
    Pattern series =
        Pattern.compile(rule.path("seriesQuery").asText().replaceFirst("^.*=~\"(.*?)\".*$", "$1"));
    Pattern name = Pattern.compile(rule.at("/name/matches").asText());
    Set<String> offered = new TreeSet<>();
    for (JsonNode record :
        yaml.readTree(Files.readString(PROMETHEUS.resolve("rules.yaml"))).findValues("record")) {
      if (series.matcher(record.asText()).matches()) {
        offered.add(
            name.matcher(record.asText())
                .replaceFirst(rule.at("/name/as").asText().replace("${1}", "$1")));
      }
    }
    assertThat(offered).isEqualTo(asked);
  }
}
