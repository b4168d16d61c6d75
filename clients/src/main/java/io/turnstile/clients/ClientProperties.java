package io.turnstile.clients;

import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;

/** Files of Kafka client properties. */
public final class ClientProperties {

  private static final char BYTE_ORDER_MARK = '\ufeff';

  private ClientProperties() {}

  /**
   * Reads a file of Kafka client properties: UTF-8, or UTF-16 with a byte order mark. The mark is
   * no part of the first name: with it, Kafka would ignore that line, be it the one that switches
   * TLS on.
   *
   * @throws IOException if it cannot be read; the message never repeats a value
   */
  public static Map<String, String> read(Path file) throws IOException {
    Properties properties = new Properties();
    try {
      properties.load(new StringReader(text(Files.readAllBytes(file))));
    } catch (CharacterCodingException e) {
      throw new IOException(file + " is neither UTF-8 nor UTF-16 with a byte order mark", e);
    } catch (IllegalArgumentException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
    Map<String, String> map = new HashMap<>();
    properties.stringPropertyNames().forEach(name -> map.put(name, properties.getProperty(name)));
    return map;
  }

  private static String text(byte[] bytes) throws CharacterCodingException {
    String text = charset(bytes).newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    return text.indexOf(BYTE_ORDER_MARK) == 0 ? text.substring(1) : text;
  }

  private static Charset charset(byte[] bytes) {
    byte[] mark = Arrays.copyOf(bytes, 2);
    return Arrays.equals(mark, new byte[] {(byte) 0xfe, (byte) 0xff})
            || Arrays.equals(mark, new byte[] {(byte) 0xff, (byte) 0xfe})
        ? StandardCharsets.UTF_16
        : StandardCharsets.UTF_8;
  }
}
