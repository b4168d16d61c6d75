package io.turnstile.bench.result;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.InjectableValues;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.turnstile.clients.JsonFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Reads and writes {@code result.json}. */
public final class ResultFile {

  /** The name of the file, in whatever directory. */
  public static final String NAME = "result.json";

  private static final JsonSetter.Value EMPTY_IF_ABSENT =
      JsonSetter.Value.forValueNulls(Nulls.AS_EMPTY);

  private static final ObjectMapper JSON =
      mapper(JsonInclude.Include.NON_EMPTY)
          .addModule(new JavaTimeModule())
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .withConfigOverride(List.class, list -> list.setSetterInfo(EMPTY_IF_ABSENT))
          .withConfigOverride(Map.class, map -> map.setSetterInfo(EMPTY_IF_ABSENT))
          .build();

  private ResultFile() {}

  /** Returns a mapper with the names of {@code result.json}. */
  public static JsonMapper.Builder mapper(JsonInclude.Include include) {
    return JsonMapper.builder()
        .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
        .defaultPropertyInclusion(JsonInclude.Value.construct(include, include));
  }

  /** Writes {@code DIR/<scenario>/<engine>-<repeat>/result.json} in one step, and returns it. */
  public static Path write(Path directory, RunResult result) throws IOException {
    Path target =
        directory(directory, result.scenario(), result.engine(), result.repeat()).resolve(NAME);
    JsonFiles.write(target, toTree(result));
    return target;
  }

  /** Directory of a run's result and its other files, below a directory with many runs. */
  public static Path directory(Path directory, String scenario, String engine, int repeat) {
    return directory.resolve(scenario).resolve(engine + "-" + repeat);
  }

  /**
   * Reads a result of any age: what it does not have is absent, what is unknown is ignored.
   *
   * @throws IOException if it is no result; the message names the file
   */
  public static RunResult read(Path file) throws IOException {
    RunResult result;
    try {
      // It names files beside it.
      Path directory = file.toAbsolutePath().getParent();
      result =
          JSON.readerFor(RunResult.class)
              .with(new InjectableValues.Std().addValue(Path.class, directory))
              .readValue(file.toFile());
    } catch (JacksonException e) {
      throw new IOException(file + " is no benchmark result: " + e.getOriginalMessage(), e);
    }
    if (result.scenario() == null || result.engine() == null) {
      throw new IOException(file + " is no benchmark result: it names no scenario or no engine");
    }
    return result;
  }

  /** Reads all results at or below a directory, by path, possibly none; or the one given. */
  public static List<RunResult> readAll(Path directoryOrFile) throws IOException {
    boolean one = Files.isRegularFile(directoryOrFile);
    List<RunResult> results = new ArrayList<>();
    try (Stream<Path> files = Files.walk(directoryOrFile)) {
      for (Path file : files.filter(path -> one || path.endsWith(NAME)).sorted().toList()) {
        results.add(read(file));
      }
    }
    return List.copyOf(results);
  }

  /** Returns a result, or a part of one, as it is written. */
  public static ObjectNode toTree(Object part) {
    return JSON.valueToTree(part);
  }
}
