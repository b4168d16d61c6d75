package io.turnstile.systemtests.monitoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Rules, dashboard and runbook fit together. */
class MonitoringTest {

  @Test
  void everyAlertHasItsEntryInTheRunbook() throws IOException {
    assertThat(Monitoring.alerts()).isNotEmpty();
    for (JsonNode alert : Monitoring.alerts()) {
      String name = alert.get("alert").textValue();
      String[] link = alert.at("/annotations/runbook_url").asText().split("#", 2);
      assertThat(link).as(name).hasSize(2);
      assertThat(Monitoring.anchors(Monitoring.HOME.resolve(link[0]))).as(name).contains(link[1]);
      assertThat(alert.at("/labels/severity").asText()).as(name).isIn("warning", "critical");
      assertThat(alert.at("/annotations/summary").asText()).as(name).isNotBlank();
    }
  }

  @Test
  void everyAlertIsTested() throws IOException {
    String tests = Files.readString(Monitoring.RULES_TEST);
    for (JsonNode alert : Monitoring.alerts()) {
      // Once that it does not come, and at least once that it does.
      assertThat(tests).contains("alertname: " + alert.get("alert").textValue() + "\n");
    }
  }

  @Test
  void rulesPassTheirTests() throws Exception {
    assumeTrue(Monitoring.isInstalled("promtool"), "promtool is not installed");
    promtool("check", "rules", Monitoring.RULES);
    promtool("test", "rules", Monitoring.RULES_TEST);
    promtool("check", "config", Monitoring.RULES.resolveSibling("containers.yaml"));
  }

  private static void promtool(String command, String kind, Path file) throws Exception {
    Process process =
        new ProcessBuilder("promtool", command, kind, file.toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
  }

  @Test
  void everyMetricIsExplained() throws IOException {
    String page = Files.readString(Monitoring.HOME.resolve("docs/metrics.md"));
    assertThat(Monitoring.metrics())
        .allSatisfy(
            metric ->
                assertThat(page)
                    .contains(
                        "`"
                            + metric
                                .replace("flink_taskmanager_job_task_operator_", "")
                                .replaceFirst(
                                    "turnstile_gateway_(\\w+?)(_bucket|_count)?$", "$1")));
  }

  @Test
  void panelsOfTheDashboardNeitherOverlapNorShareAnId() throws IOException {
    Set<Integer> ids = new HashSet<>();
    Set<List<Integer>> cells = new HashSet<>();
    List<String> empty = new ArrayList<>();
    for (JsonNode panel : Monitoring.dashboard().get("panels")) {
      String title = panel.get("title").textValue();
      assertThat(ids.add(panel.get("id").intValue())).as(title).isTrue();
      if (!panel.get("type").textValue().equals("row") && panel.get("targets").isEmpty()) {
        empty.add(title);
      }
      JsonNode place = panel.get("gridPos");
      int right = place.get("x").intValue() + place.get("w").intValue();
      assertThat(right).as(title).isLessThanOrEqualTo(24);
      for (int x = place.get("x").intValue(); x < right; x++) {
        for (int y = 0; y < place.get("h").intValue(); y++) {
          assertThat(cells.add(List.of(x, place.get("y").intValue() + y))).as(title).isTrue();
        }
      }
    }
    assertThat(empty).isEmpty();
  }
}
