package io.turnstile.clients;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;

/** Files of Kafka client properties. */
public final class ClientProperties {

  private ClientProperties() {}

  /**
   * Reads a file of Kafka client properties.
   *
   * @throws IOException if it cannot be read
   * @throws IllegalArgumentException if it holds a malformed Unicode escape
   */
  public static Map<String, String> read(Path file) throws IOException {
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      properties.load(reader);
    }
    Map<String, String> map = new HashMap<>();
    properties.stringPropertyNames().forEach(name -> map.put(name, properties.getProperty(name)));
    return map;
  }
}
