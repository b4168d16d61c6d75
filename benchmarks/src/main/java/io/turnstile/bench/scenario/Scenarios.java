package io.turnstile.bench.scenario;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.InjectableValues;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.deser.std.StdDelegatingDeserializer;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.util.StdConverter;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.turnstile.clients.Durations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Reads scenarios from the files of a directory, {@code <name>.yaml} each. The records of this
 * package say what a file may contain; any other key is refused.
 */
public final class Scenarios {

  private static final String SUFFIX = ".yaml";

  private static final ObjectMapper YAML =
      YAMLMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .addModule(
              new SimpleModule()
                  .addDeserializer(
                      Duration.class, new StdDelegatingDeserializer<>(new DurationText())))
          .build();

  private final Path directory;
  private final List<String> engines;

  /** Reads them from a directory; ratios may compare the engines of these names. */
  public Scenarios(Path directory, List<String> engines) {
    this.directory = directory;
    this.engines = List.copyOf(engines);
  }

  /** The scenarios that come with the project. */
  public static Scenarios shipped(List<String> engines) {
    String home =
        Objects.requireNonNull(
            System.getProperty("turnstile.home"),
            "system property turnstile.home is not set; set it to the root of the project");
    return new Scenarios(Path.of(home, "benchmarks", "scenarios"), engines);
  }

  /** The names of all scenarios, sorted. */
  public List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> file.toString().endsWith(SUFFIX))
          .map(Scenarios::name)
          .sorted()
          .toList();
    }
  }

  private static String name(Path file) {
    String name = file.getFileName().toString();
    return name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : name;
  }

  /**
   * The scenario of a name, or of a file if the name is a path that ends in {@code .yaml}.
   *
   * @throws ScenarioException if there is none, or its file is wrong
   */
  public Scenario named(String name) throws IOException, ScenarioException {
    boolean path = name.endsWith(SUFFIX);
    Path file = path ? Path.of(name) : directory.resolve(name + SUFFIX);
    if (!path && !Files.exists(file)) {
      throw new ScenarioException(
          "there is no scenario '%s'; there are %s".formatted(name, String.join(", ", names())),
          null);
    }
    return read(file, engines);
  }

  /**
   * Reads a file.
   *
   * @param engines as of the constructor; empty to take any
   * @throws ScenarioException if it is no scenario
   */
  public static Scenario read(Path file, List<String> engines) throws ScenarioException {
    try {
      Scenario scenario =
          YAML.readerFor(Scenario.class)
              .with(new InjectableValues.Std().addValue(String.class, name(file)))
              .readValue(Files.readString(file));
      requireKnown(scenario.ratios(), engines);
      return scenario;
    } catch (JsonProcessingException e) {
      throw new ScenarioException(file + ": " + describe(e), e);
    } catch (IllegalArgumentException e) {
      throw new ScenarioException(file + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw new ScenarioException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static void requireKnown(List<Scenario.RatioLimit> ratios, List<String> engines) {
    List<String> figures = Scenario.RatioLimit.METRICS.stream().map(Metric::key).toList();
    for (int i = 0; i < ratios.size(); i++) {
      String key = "ratios/" + i;
      requireOneOf(key + "/figure", figures, ratios.get(i).figure());
      if (!engines.isEmpty()) {
        requireOneOf(key + "/of: engine", engines, ratios.get(i).of());
        requireOneOf(key + "/to: engine", engines, ratios.get(i).to());
      }
    }
  }

  private static void requireOneOf(String key, List<String> allowed, String value) {
    Check.that(
        allowed.contains(value),
        "%s: '%s' is none of %s".formatted(key, value, String.join(", ", allowed)));
  }

  /** Returns the key and what is wrong with it, in one line. */
  private static String describe(JsonProcessingException e) {
    if (!(e instanceof JsonMappingException mapping)) {
      return "%s (line %d)"
          .formatted(firstLine(e), e.getLocation() == null ? 0 : e.getLocation().getLineNr());
    }
    String path =
        mapping.getPath().stream()
            .map(at -> requireNonNullElse(at.getFieldName(), Integer.toString(at.getIndex())))
            .collect(Collectors.joining("/"));
    if (e.getCause() instanceof IllegalArgumentException cause) {
      // The records' own messages begin with a key or have none.
      boolean key = cause.getMessage().matches("(?s)[a-z_/0-9]+: .*");
      return path + (path.isEmpty() ? "" : key ? "/" : ": ") + cause.getMessage();
    }
    return (path.isEmpty() ? "" : path + ": ") + problem(mapping);
  }

  private static String problem(JsonMappingException e) {
    if (e instanceof UnrecognizedPropertyException unknown) {
      return "additional key; there are " + listed(unknown.getKnownPropertyIds().stream());
    }
    Class<?> wanted = e instanceof MismatchedInputException other ? other.getTargetType() : null;
    if (e instanceof InvalidFormatException invalid && wanted.isEnum()) {
      Stream<String> keys =
          Arrays.stream(wanted.getEnumConstants()).map(key -> YAML.convertValue(key, String.class));
      return "there is no '%s'; there are %s"
          .formatted(invalid.getValue(), listed(keys.filter(Objects::nonNull)));
    }
    return wanted != null && Number.class.isAssignableFrom(wanted)
        ? "must be a number"
        : firstLine(e);
  }

  private static String listed(Stream<?> names) {
    return names.map(Object::toString).sorted().collect(Collectors.joining(", "));
  }

  private static String firstLine(JsonProcessingException e) {
    return e.getOriginalMessage().lines().findFirst().orElse("not YAML");
  }

  /** Reads durations as all of the project's options have them. */
  private static final class DurationText extends StdConverter<Object, Duration> {

    @Override
    public Duration convert(Object value) {
      if (!(value instanceof String text)) {
        throw new IllegalArgumentException("must be a string, a number with its unit, such as 60s");
      }
      try {
        return Durations.parse(text);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("does not match the pattern: " + e.getMessage(), e);
      }
    }
  }
}
