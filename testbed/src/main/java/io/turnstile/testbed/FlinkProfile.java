package io.turnstile.testbed;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** The Flink configurations that the project comes with, {@code flink-conf/NAME/config.yaml}. */
final class FlinkProfile {

  private FlinkProfile() {}

  /**
   * The configuration of that name, by its full keys.
   *
   * @throws TestbedException if there is none of that name
   */
  static Map<String, String> read(String name) {
    Path file = Distribution.home().resolve("flink-conf").resolve(name).resolve("config.yaml");
    if (!Files.isRegularFile(file)) {
      throw new TestbedException("there is no Flink profile " + file);
    }
    try {
      Map<String, String> config = new TreeMap<>();
      flatten("", new YAMLMapper().readTree(file.toFile()), config);
      return config;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void flatten(String key, JsonNode node, Map<String, String> config) {
    if (node.isObject()) {
      node.properties()
          .forEach(
              field ->
                  flatten(
                      key.isEmpty() ? field.getKey() : key + "." + field.getKey(),
                      field.getValue(),
                      config));
    } else {
      config.put(key, node.asText());
    }
  }
}
