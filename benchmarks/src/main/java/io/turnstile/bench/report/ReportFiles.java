package io.turnstile.bench.report;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.turnstile.bench.result.RunResult;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Writes the report of a set of results. */
public final class ReportFiles {

  private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{([a-z.]+)}}");

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .addModule(new JavaTimeModule())
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(
                  JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .addMixIn(RunResult.class, WithoutStacks.class)
          .build();

  /** The sampled stacks are large, and the flame graphs show them. */
  @JsonIgnoreProperties("profile")
  private interface WithoutStacks {}

  private ReportFiles() {}

  /**
   * Writes the HTML file; beside it {@code report.md}, a table of the results, and {@code charts/},
   * every series as CSV.
   *
   * @param results at least one
   * @param notes what the reader should know besides, a paragraph each
   * @param html the file, as {@code DIR/report.html}; the Markdown is named after it
   */
  public static void write(List<RunResult> results, List<String> notes, Path html)
      throws IOException {
    if (results.isEmpty()) {
      throw new IllegalArgumentException("no results to report");
    }
    Path directory = html.toAbsolutePath().getParent();
    Report report = Report.of(results, notes, directory);
    Files.createDirectories(directory);
    JsonNode json = JSON.valueToTree(report);
    Files.writeString(html, page(json));
    String name = html.getFileName().toString().replaceFirst("\\.html?$", "");
    Files.writeString(
        directory.resolve(name + ".md"), MarkdownTable.of(report, html.getFileName().toString()));
    SeriesFiles.write(json, directory);
  }

  private static String page(JsonNode report) throws IOException {
    String uplot = "/META-INF/resources/webjars/uplot/" + uplotVersion();
    Map<String, String> parts =
        Map.of(
            "uplot.css", uplot + "/dist/uPlot.min.css",
            "uplot.js", uplot + "/dist/uPlot.iife.min.js",
            "uplot.license", uplot + "/LICENSE");
    Matcher placeholder = PLACEHOLDER.matcher(resource("/report/report.html"));
    StringBuilder page = new StringBuilder();
    while (placeholder.find()) {
      String name = placeholder.group(1);
      String part =
          name.equals("data")
              ? escaped(report)
              : resource(parts.getOrDefault(name, "/report/" + name));
      placeholder.appendReplacement(page, Matcher.quoteReplacement(part));
    }
    return placeholder.appendTail(page).toString();
  }

  /** JSON that no HTML parser takes for the end of its script, whatever the strings in it say. */
  private static String escaped(JsonNode json) {
    return json.toString().replace("<", "\\u003c");
  }

  private static String uplotVersion() throws IOException {
    Properties properties = new Properties();
    try (InputStream in = open("/META-INF/maven/org.webjars.npm/uplot/pom.properties")) {
      properties.load(in);
    }
    return properties.getProperty("version");
  }

  static String resource(String path) throws IOException {
    try (InputStream in = open(path)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static InputStream open(String path) throws IOException {
    InputStream in = ReportFiles.class.getResourceAsStream(path);
    if (in == null) {
      throw new FileNotFoundException("not on the class path: " + path);
    }
    return in;
  }
}
