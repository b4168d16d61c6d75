package io.turnstile.bench.scenario;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.InjectableValues;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.turnstile.clients.Durations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
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
          .addModule(new SimpleModule().addDeserializer(Duration.class, new DurationText()))
          .build();

  private final Path directory;
  private final List<String> engines;

  /**
   * @param engines names of the engines that ratios may compare; the first is the one that is
   *     compared unless a ratio says otherwise
   */
  public Scenarios(Path directory, List<String> engines) {
    this.directory = directory;
    this.engines = List.copyOf(engines);
  }

  /** The scenarios that come with the project. */
  public static Scenarios shipped(List<String> engines) {
    String home = System.getProperty("turnstile.home");
    if (home == null) {
      throw new IllegalStateException(
          "system property turnstile.home is not set; set it to the root of the project");
    }
    return new Scenarios(Path.of(home, "benchmarks", "scenarios"), engines);
  }

  /** The names of all scenarios, sorted. */
  public List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(SUFFIX))
          .map(name -> name.substring(0, name.length() - SUFFIX.length()))
          .sorted()
          .toList();
    }
  }

  /**
   * The scenario of a name, or of a file if the name is a path that ends in {@code .yaml}.
   *
   * @throws ScenarioException if there is none, or its file is wrong
   */
  public Scenario named(String name) throws IOException, ScenarioException {
    if (name.endsWith(SUFFIX)) {
      return read(Path.of(name), engines);
    }
    Path file = directory.resolve(name + SUFFIX);
    if (!Files.exists(file)) {
      throw new ScenarioException(
          "there is no scenario '%s'; there are %s".formatted(name, String.join(", ", names())));
    }
    return read(file, engines);
  }

  /**
   * Reads a file.
   *
   * @param engines as of the constructor
   * @throws ScenarioException if it is no scenario
   */
  public static Scenario read(Path file, List<String> engines) throws ScenarioException {
    String fileName = file.getFileName().toString();
    String name = fileName.substring(0, fileName.length() - SUFFIX.length());
    try {
      Scenario scenario =
          YAML.readerFor(Scenario.class)
              .with(new InjectableValues.Std().addValue(String.class, name))
              .readValue(Files.readString(file));
      return withRatiosOf(scenario, engines);
    } catch (JsonProcessingException e) {
      throw new ScenarioException(file + ": " + describe(e), e);
    } catch (IllegalArgumentException e) {
      throw new ScenarioException(file + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw new ScenarioException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  /** Checks the ratios, and fills in the engine that they are of. */
  private static Scenario withRatiosOf(Scenario scenario, List<String> engines) {
    for (int i = 0; i < scenario.ratios().size(); i++) {
      RatioLimit ratio = scenario.ratios().get(i);
      String key = "ratios/" + i;
      Check.required(key + "/figure", ratio.figure());
      Check.required(key + "/to", ratio.to());
      requireOneOf(
          key + "/figure", RatioLimit.METRICS.stream().map(Metric::key).toList(), ratio.figure());
      if (ratio.atMost() == null && ratio.atLeast() == null) {
        throw new IllegalArgumentException(key + ": at_most or at_least is required");
      }
      Check.above0(key + "/at_most", ratio.atMost(), 0);
      Check.above0(key + "/at_least", ratio.atLeast(), 0);
      requireOneOf(key + "/to: engine", engines, ratio.to());
      requireOneOf(key + "/of: engine", engines, Check.orDefault(ratio.of(), engines.get(0)));
    }
    List<RatioLimit> ratios =
        scenario.ratios().stream()
            .map(
                r ->
                    new RatioLimit(
                        r.figure(),
                        Check.orDefault(r.of(), engines.get(0)),
                        r.to(),
                        r.atMost(),
                        r.atLeast(),
                        r.goal()))
            .toList();
    return scenario.withRatios(ratios);
  }

  private static void requireOneOf(String key, Collection<String> allowed, String value) {
    if (!allowed.contains(value)) {
      throw new IllegalArgumentException(
          "%s: '%s' is none of %s".formatted(key, value, String.join(", ", allowed)));
    }
  }

  /** Returns the key and what is wrong with it, in one line. */
  private static String describe(JsonProcessingException e) {
    if (!(e instanceof JsonMappingException mapping)) {
      return "%s (line %d)"
          .formatted(firstLine(e), e.getLocation() == null ? 0 : e.getLocation().getLineNr());
    }
    String path =
        mapping.getPath().stream()
            .map(
                reference ->
                    reference.getFieldName() == null
                        ? Integer.toString(reference.getIndex())
                        : reference.getFieldName())
            .collect(Collectors.joining("/"));
    if (e.getCause() instanceof IllegalArgumentException cause) {
      // The records' own messages begin with a key or have none.
      boolean key = cause.getMessage().matches("(?s)[a-z_/0-9]+: .*");
      return path + (path.isEmpty() ? "" : key ? "/" : ": ") + cause.getMessage();
    }
    if (mapping instanceof UnrecognizedPropertyException unknown) {
      int parent = path.lastIndexOf('/');
      return "%sadditional key '%s'; there are %s"
          .formatted(
              parent < 0 ? "" : path.substring(0, parent) + ": ",
              unknown.getPropertyName(),
              unknown.getKnownPropertyIds().stream()
                  .map(Object::toString)
                  .sorted()
                  .collect(Collectors.joining(", ")));
    }
    String prefix = path.isEmpty() ? "" : path + ": ";
    if (mapping instanceof InvalidFormatException invalid
        && invalid.getTargetType() != null
        && invalid.getTargetType().isEnum()) {
      return "%sthere is no '%s'; there are %s"
          .formatted(
              prefix,
              invalid.getValue(),
              Arrays.stream(invalid.getTargetType().getEnumConstants())
                  .map(constant -> YAML.convertValue(constant, String.class))
                  .collect(Collectors.joining(", ")));
    }
    if (mapping instanceof MismatchedInputException mismatch
        && mismatch.getTargetType() != null
        && Number.class.isAssignableFrom(mismatch.getTargetType())) {
      return prefix + "must be a number";
    }
    return prefix + firstLine(e);
  }

  private static String firstLine(JsonProcessingException e) {
    return e.getOriginalMessage().lines().findFirst().orElse("not YAML");
  }

  /** Reads durations as all of the project's options have them. */
  private static final class DurationText extends StdScalarDeserializer<Duration> {

    private static final long serialVersionUID = 1;

    DurationText() {
      super(Duration.class);
    }

    @Override
    public Duration deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      if (parser.currentToken() != JsonToken.VALUE_STRING) {
        throw MismatchedInputException.from(
            parser, Duration.class, "must be a string, a number with its unit, such as 60s");
      }
      try {
        return Durations.parse(parser.getText());
      } catch (IllegalArgumentException e) {
        throw JsonMappingException.from(
            parser, "does not match the pattern of a duration: " + e.getMessage());
      }
    }
  }
}
