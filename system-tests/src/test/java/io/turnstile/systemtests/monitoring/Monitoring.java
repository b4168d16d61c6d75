package io.turnstile.systemtests.monitoring;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The files below {@code monitoring/}. */
final class Monitoring {

  static final Path HOME = Path.of(System.getProperty("turnstile.home"));
  static final Path RULES = HOME.resolve("monitoring/prometheus/rules.yaml");
  static final Path RULES_TEST = HOME.resolve("monitoring/prometheus/rules-test.yaml");
  static final Path DASHBOARD = HOME.resolve("monitoring/grafana/turnstile.json");

  private static final Pattern METRIC =
      Pattern.compile("\\b(flink_\\w+|turnstile_gateway_\\w+|turnstile:\\w+(?::\\w+)?)\\b");

  private Monitoring() {}

  /** Recording and alerting rules. */
  static List<JsonNode> rules() throws IOException {
    List<JsonNode> rules = new ArrayList<>();
    for (JsonNode group : new YAMLMapper().readTree(RULES.toFile()).get("groups")) {
      group.get("rules").forEach(rules::add);
    }
    return rules;
  }

  /** Those of them that call somebody. */
  static List<JsonNode> alerts() throws IOException {
    return rules().stream().filter(rule -> rule.has("alert")).toList();
  }

  static JsonNode dashboard() throws IOException {
    return new JsonMapper().readTree(DASHBOARD.toFile());
  }

  /** The dashboard's queries to Prometheus, for all namespaces. */
  static List<String> dashboardExpressions() throws IOException {
    return dashboard().findValuesAsText("expr").stream()
        .map(expression -> expression.replace("$namespace", ".*"))
        .toList();
  }

  /** Every metric that rules and dashboard mention. */
  static Set<String> metrics() throws IOException {
    Set<String> metrics = new TreeSet<>();
    for (String text : List.of(Files.readString(RULES), Files.readString(DASHBOARD))) {
      METRIC.matcher(text).results().map(match -> match.group(1)).forEach(metrics::add);
    }
    return metrics;
  }

  /** True if the program is on the path. */
  static boolean isInstalled(String program) {
    return Stream.of(System.getenv("PATH").split(":"))
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
  }

  /** The anchors of a page's headings, as forges make them. */
  static Set<String> anchors(Path page) throws IOException {
    Set<String> anchors = new TreeSet<>();
    Matcher heading =
        Pattern.compile("^#+ +(.+)$", Pattern.MULTILINE).matcher(Files.readString(page));
    while (heading.find()) {
      anchors.add(
          heading
              .group(1)
              .toLowerCase(Locale.ROOT)
              .replaceAll("[^\\p{Alnum} _-]", "")
              .replace(' ', '-'));
    }
    return anchors;
  }
}
