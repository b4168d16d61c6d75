package io.turnstile.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The chart knows the job's options, as docs/options.md has them from the job's own classes. */
class JobOptionsTest {

  private static final Pattern ROW =
      Pattern.compile("\\| `--([a-z-]+)` \\| `[A-Z_]+` \\| (?:`([^`]*)`|([a-z]*)) \\| (.*) \\|");

  private static final Pattern DURATION = Pattern.compile("\\d+(ms|s|min|h)");

  /**
   * @param standard the default; empty if there is none
   */
  record JobOption(String name, String standard, String description) {

    String key() {
      return "job.options." + name;
    }

    boolean isDuration() {
      return standard.isEmpty()
          ? DURATION.matcher(description).find()
          : DURATION.matcher(standard).matches();
    }

    boolean isNumber() {
      return standard.matches("\\d+");
    }

    boolean isSwitch() {
      return standard.equals("false");
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private static List<JobOption> documented() {
    try (Stream<String> lines =
        Files.lines(Chart.DIRECTORY.resolve("../../docs/options.md").normalize())) {
      return lines
          .map(ROW::matcher)
          .filter(row -> row.matches())
          .map(
              row ->
                  new JobOption(
                      row.group(1), row.group(2) == null ? "" : row.group(2), row.group(4)))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static JsonNode schema() {
    try {
      return new ObjectMapper()
          .readTree(Chart.DIRECTORY.resolve("values.schema.json").toFile())
          .at("/properties/job/properties/options/properties");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Those that are not made of other values. */
  static List<JobOption> settable() {
    JsonNode schema = schema();
    return documented().stream().filter(option -> !schema.path(option.name()).isBoolean()).toList();
  }

  @Test
  void schemaHasEveryOptionOfTheJobAndNoOther() {
    assertThat(schema().fieldNames())
        .toIterable()
        .as("properties of job.options in values.schema.json")
        .containsExactlyInAnyOrderElementsOf(documented().stream().map(JobOption::name).toList());
    assertThat(settable()).hasSizeGreaterThan(20);
  }

  @ParameterizedTest
  @MethodSource("settable")
  void defaultIsTakenAndPassedOnAsItIs(JobOption option) {
    if (option.isSwitch()) {
      assertThat(arguments(option, "true")).contains("--" + option.name());
      assertThat(arguments(option, "false")).noneMatch(each -> each.contains(option.name()));
    } else {
      String value = option.standard().isEmpty() ? sample(option) : option.standard();
      assertThat(arguments(option, value)).contains("--" + option.name() + "=" + value);
    }
  }

  private static String sample(JobOption option) {
    boolean count = schema().at("/" + option.name() + "/$ref").asText().endsWith("/count");
    return count ? "7" : option.isDuration() ? "90s" : "x";
  }

  private static List<String> arguments(JobOption option, String value) {
    return Chart.minimal()
        .with(option.key(), value)
        .manifests()
        .get(Deployment.class, "jobmanager")
        .getSpec()
        .getTemplate()
        .getSpec()
        .getContainers()
        .get(0)
        .getArgs();
  }

  @ParameterizedTest
  @MethodSource("settable")
  void valueOfAnotherTypeIsRefusedBeforeAnythingHappens(JobOption option) {
    String wrong =
        option.isDuration() ? "2 hours" : option.isNumber() ? "many" : option.isSwitch() ? "2" : "";
    if (option.name().matches("content-dedup|customers")) {
      wrong = "sometimes";
    }
    assertThatThrownBy(Chart.minimal().with(option.key(), wrong)::render)
        .hasMessageContaining("/job/options/" + option.name());
  }
}
