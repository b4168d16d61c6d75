package io.turnstile.clients;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;

/** Properties files: of Kafka clients, and of options. */
public final class ClientProperties {

  private ClientProperties() {}

  /**
   * Reads a properties file: UTF-8, or UTF-16 with a byte order mark. The mark is no part of the
   * first name: with it, Kafka would ignore that line, be it the one that switches TLS on.
   *
   * @throws IOException if it cannot be read; the message never repeats a value
   */
  public static Map<String, String> read(Path file) throws IOException {
    Properties properties = new Properties();
    try {
      properties.load(new StringReader(TextFile.read(file)));
    } catch (IllegalArgumentException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
    Map<String, String> map = new HashMap<>();
    properties.stringPropertyNames().forEach(name -> map.put(name, properties.getProperty(name)));
    return map;
  }
}
