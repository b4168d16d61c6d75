package io.turnstile.bench.scenario;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.turnstile.bench.engine.EngineSettings;
import io.turnstile.bench.engine.Engines;
import io.turnstile.bench.result.RatioLimit;
import io.turnstile.clients.Durations;
import io.turnstile.simulator.Kind;
import io.turnstile.simulator.RateStage;
import io.turnstile.simulator.TokenIssuer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads scenarios from the files of a directory, {@code <name>.yaml} each. */
public final class Scenarios {

  private static final String SUFFIX = ".yaml";
  private static final int DEFAULT_LANES = 2;
  private static final String DEFAULT_MEMORY = "3g";
  private static final String DEFAULT_PROFILE = "low-latency";
  private static final String DEFAULT_TESTBED = "processes";
  private static final String DEFAULT_STORAGE = "local";
  private static final Duration DEFAULT_DURATION = Duration.ofSeconds(60);

  private static final Schema SCHEMA =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
          .getSchema(SchemaLocation.of("classpath:schemas/scenario.schema.json"));

  private static final ObjectMapper YAML =
      YAMLMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  /** What a scenario's mix calls the kinds. */
  private static final Map<String, Kind> KINDS =
      Map.ofEntries(
          Map.entry("duplicates", Kind.DUPLICATE),
          Map.entry("conflicts", Kind.CONFLICT),
          Map.entry("content_duplicates", Kind.CONTENT_DUPLICATE),
          Map.entry("expired", Kind.EXPIRED),
          Map.entry("not_yet_valid", Kind.NOT_YET_VALID),
          Map.entry("forged", Kind.FORGED),
          Map.entry("wrong_subject", Kind.WRONG_SUBJECT),
          Map.entry("unknown_product", Kind.UNKNOWN_PRODUCT),
          Map.entry("late_product", Kind.LATE_PRODUCT),
          Map.entry("malformed", Kind.MALFORMED),
          Map.entry("too_large", Kind.TOO_LARGE),
          Map.entry("inventory_updates", Kind.REFERENCE_UPDATE),
          Map.entry("stale_inventory", Kind.STALE_UPDATE),
          Map.entry("deleted_inventory", Kind.PRODUCT_DELETE));

  private final Path directory;

  public Scenarios(Path directory) {
    this.directory = directory;
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
      return read(Path.of(name));
    }
    Path file = directory.resolve(name + SUFFIX);
    if (!Files.exists(file)) {
      throw new ScenarioException(
          "there is no scenario '%s'; there are %s".formatted(name, String.join(", ", names())));
    }
    return read(file);
  }

  /**
   * Reads a file.
   *
   * @throws ScenarioException if it is no scenario
   */
  public static Scenario read(Path file) throws ScenarioException {
    JsonNode yaml;
    try {
      yaml = YAML.readTree(Files.readString(file));
    } catch (JsonProcessingException e) {
      throw new ScenarioException(
          "%s: %s (line %d)"
              .formatted(
                  file,
                  e.getOriginalMessage().lines().findFirst().orElse("not YAML"),
                  e.getLocation() == null ? 0 : e.getLocation().getLineNr()),
          e);
    } catch (IOException e) {
      throw new ScenarioException(file + " cannot be read: " + e.getMessage(), e);
    }
    List<Error> errors = SCHEMA.validate(yaml.toString(), InputFormat.JSON);
    if (!errors.isEmpty()) {
      throw new ScenarioException(
          file
              + ": "
              + errors.stream()
                  .map(Scenarios::describe)
                  .distinct()
                  .collect(Collectors.joining("; ")));
    }
    String fileName = file.getFileName().toString();
    try {
      return scenario(fileName.substring(0, fileName.length() - SUFFIX.length()), yaml);
    } catch (IllegalArgumentException e) {
      throw new ScenarioException(file + ": " + e.getMessage(), e);
    }
  }

  private static String describe(Error error) {
    String key = error.getInstanceLocation().toString().replaceFirst("^/", "");
    return (key.isEmpty() ? "" : key + ": ") + error.getMessage();
  }

  private static Scenario scenario(String name, JsonNode yaml) {
    Scenario.Procedure procedure =
        Scenario.Procedure.valueOf(constant(yaml.path("procedure").asText("open-loop")));
    List<PlannedFault> faults = faults(yaml.path("faults"));
    EngineSettings engine = engine(yaml.path("engine"));
    if (!engine.onContainers()
        && faults.stream().anyMatch(planned -> planned.fault() == Fault.CUT_FROM_BROKER)) {
      throw new IllegalArgumentException("faults: cut-from-broker needs engine.testbed containers");
    }
    return new Scenario(
        name,
        yaml.path("description").asText().strip(),
        procedure,
        load(yaml.path("load")),
        faults,
        engine,
        limits("objectives", yaml.path("objectives")),
        limits("goals", yaml.path("goals")),
        ratios(yaml.path("ratios")));
  }

  private static LoadProfile load(JsonNode load) {
    if (load.has("stages") && (load.has("rate") || load.has("duration"))) {
      throw new IllegalArgumentException("load: either stages, or rate and duration");
    }
    List<RateStage> stages = new ArrayList<>();
    load.path("stages")
        .forEach(
            stage ->
                stages.add(
                    new RateStage(
                        duration(stage, "for", Duration.ZERO),
                        stage.path(stage.has("rate") ? "rate" : "from").asDouble(),
                        stage.path(stage.has("rate") ? "rate" : "to").asDouble())));
    if (load.has("rate")) {
      stages.add(
          RateStage.constant(
              duration(load, "duration", DEFAULT_DURATION), load.path("rate").asDouble()));
    } else if (stages.isEmpty() && !load.has("records")) {
      throw new IllegalArgumentException("load: one of rate, stages or records is needed");
    }
    Map<Kind, Double> shares = new EnumMap<>(Kind.class);
    load.path("mix")
        .properties()
        .forEach(share -> shares.put(KINDS.get(share.getKey()), share.getValue().asDouble()));
    return new LoadProfile(
        stages,
        load.path("records").asLong(0),
        load.path("preload").asLong(0),
        duration(load, "warm_up", Duration.ZERO),
        load.path("warm_up_rate").asDouble(0),
        load.path("customers").asInt(10_000),
        load.path("products").asInt(10_000),
        load.path("product_skew").asDouble(1),
        load.path("hot_customer").asDouble(0),
        load.path("hot_product").asDouble(0),
        duration(load, "token_lifetime", TokenIssuer.DEFAULT_LIFETIME),
        load.path("refresh_tokens").asBoolean(false),
        load.path("seed").asLong(1),
        shares);
  }

  private static List<PlannedFault> faults(JsonNode faults) {
    List<PlannedFault> planned = new ArrayList<>();
    faults.forEach(
        fault ->
            planned.add(
                new PlannedFault(
                    duration(fault, "at", Duration.ZERO),
                    Fault.of(fault.path("fault").asText()),
                    duration(fault, "for", Duration.ZERO))));
    planned.sort(Comparator.comparing(PlannedFault::at));
    return planned;
  }

  private static EngineSettings engine(JsonNode engine) {
    int lanes = engine.path("lanes").asInt(DEFAULT_LANES);
    int parallelism = engine.path("parallelism").asInt(lanes);
    return new EngineSettings(
        parallelism,
        engine.path("peer_threads").asInt(parallelism),
        lanes,
        engine.path("memory").asText(DEFAULT_MEMORY),
        engine.path("profile").asText(DEFAULT_PROFILE),
        engine.path("testbed").asText(DEFAULT_TESTBED),
        engine.path("checkpoint_storage").asText(DEFAULT_STORAGE),
        texts(engine.path("job")),
        texts(engine.path("flink")));
  }

  private static Map<String, String> texts(JsonNode object) {
    Map<String, String> texts = new TreeMap<>();
    object.properties().forEach(entry -> texts.put(entry.getKey(), entry.getValue().asText()));
    return texts;
  }

  private static Map<Metric, Double> limits(String where, JsonNode limits) {
    Map<Metric, Double> result = new EnumMap<>(Metric.class);
    limits
        .properties()
        .forEach(
            limit ->
                result.put(
                    Arrays.stream(Metric.values())
                        .filter(metric -> metric.key().equals(limit.getKey()))
                        .findFirst()
                        .orElseThrow(
                            () ->
                                new IllegalArgumentException(
                                    "%s: there is no figure '%s'; there are %s"
                                        .formatted(
                                            where,
                                            limit.getKey(),
                                            Arrays.stream(Metric.values())
                                                .map(Metric::key)
                                                .collect(Collectors.joining(", "))))),
                    limit.getValue().asDouble()));
    return result;
  }

  private static List<RatioLimit> ratios(JsonNode ratios) {
    List<RatioLimit> limits = new ArrayList<>();
    ratios.forEach(
        ratio ->
            limits.add(
                new RatioLimit(
                    ratio.path("figure").asText(),
                    Engines.named(ratio.path("of").asText(Engines.TURNSTILE)).name(),
                    Engines.named(ratio.path("to").asText()).name(),
                    number(ratio, "at_most"),
                    number(ratio, "at_least"),
                    ratio.path("goal").asBoolean(false))));
    return limits;
  }

  /** Null if it is not there. */
  private static Double number(JsonNode object, String key) {
    return object.has(key) ? object.get(key).asDouble() : null;
  }

  private static String constant(String key) {
    return key.toUpperCase(Locale.ROOT).replace('-', '_');
  }

  private static Duration duration(JsonNode object, String key, Duration otherwise) {
    return object.has(key) ? Durations.parse(object.get(key).asText()) : otherwise;
  }
}
