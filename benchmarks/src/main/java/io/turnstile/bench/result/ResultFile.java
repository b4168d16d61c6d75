package io.turnstile.bench.result;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.InjectableValues;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Reads and writes {@code result.json}. */
public final class ResultFile {

  /** The name of the file, in whatever directory. */
  public static final String NAME = "result.json";

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .addModule(new JavaTimeModule())
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(
                  JsonInclude.Include.NON_EMPTY, JsonInclude.Include.NON_EMPTY))
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .build();

  private ResultFile() {}

  /**
   * Writes {@code DIR/<scenario>/<engine>-<repeat>/result.json} in one step.
   *
   * @return the file
   */
  public static Path write(Path directory, RunResult result) throws IOException {
    Path target =
        directory(directory, result.scenario(), result.engine(), result.repeat()).resolve(NAME);
    Files.createDirectories(target.getParent());
    Path unfinished = target.resolveSibling(NAME + ".tmp");
    Files.writeString(unfinished, toJson(result));
    return Files.move(unfinished, target, StandardCopyOption.REPLACE_EXISTING);
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
      result = reader(file.toAbsolutePath().getParent()).readValue(file.toFile());
    } catch (JacksonException e) {
      throw new IOException(file + " is no benchmark result: " + e.getOriginalMessage(), e);
    }
    if (result.scenario() == null || result.engine() == null) {
      throw new IOException(file + " is no benchmark result: it names no scenario or no engine");
    }
    return result;
  }

  /**
   * Reads all results at or below a directory, or the one given.
   *
   * @return by path, possibly none
   */
  public static List<RunResult> readAll(Path directoryOrFile) throws IOException {
    if (Files.isRegularFile(directoryOrFile)) {
      return List.of(read(directoryOrFile));
    }
    List<Path> files;
    try (Stream<Path> found = Files.walk(directoryOrFile)) {
      files = found.filter(path -> path.endsWith(NAME)).sorted().toList();
    }
    List<RunResult> results = new ArrayList<>();
    for (Path file : files) {
      results.add(read(file));
    }
    return List.copyOf(results);
  }

  /** Returns a result, or a part of one, as it is written. */
  public static ObjectNode toTree(Object part) {
    return JSON.valueToTree(part);
  }

  static String toJson(RunResult result) throws IOException {
    return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(result) + "\n";
  }

  /** Reads results that name files beside them. */
  private static ObjectReader reader(Path directory) {
    return JSON.readerFor(RunResult.class)
        .with(new InjectableValues.Std().addValue(Path.class, directory));
  }

  static RunResult parse(String json) throws IOException {
    return reader(null).readValue(json);
  }
}
