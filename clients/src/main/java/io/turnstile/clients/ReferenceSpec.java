package io.turnstile.clients;

import java.io.Serializable;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A further reference topic, as {@code --reference} names it.
 *
 * @param name under which accepted verdicts have it: a lower-case letter, then up to 31 letters,
 *     digits, hyphens and underscores
 * @param keyedBy what its records are about
 * @param topic null for the usual one
 * @param waitTime how long a transaction waits for one that is missing; null for the usual time
 * @param required whether a transaction is turned away without it
 */
public record ReferenceSpec(
    String name, KeyedBy keyedBy, String topic, Duration waitTime, boolean required)
    implements Serializable {

  /** Most references of one job. */
  public static final int MAX = 16;

  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_-]{0,31}");

  /** What the records of a reference topic are about. */
  public enum KeyedBy {
    PRODUCT("product_id"),
    CUSTOMER("customer_id");

    private final String idField;

    KeyedBy(String idField) {
      this.idField = idField;
    }

    /** The field that has the id. */
    public String idField() {
      return idField;
    }

    /** As it is written. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** The topic's name unless another one is given. */
  public static String usualTopic(String prefix, String name) {
    return prefix + "references." + name;
  }

  ReferenceSpec withTopic(String other) {
    return new ReferenceSpec(name, keyedBy, other, waitTime, required);
  }

  /**
   * Reads {@code NAME:keyed-by=product|customer[,topic=T][,wait=D][,required=true|false]}.
   *
   * @throws IllegalArgumentException if the text is something else, in one line
   */
  public static ReferenceSpec parse(String text) {
    int colon = text.indexOf(':');
    String name = colon < 0 ? text : text.substring(0, colon);
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "'"
              + name
              + "' is no name of a reference: at most 32 of a-z, 0-9, - and _, a letter first");
    }
    KeyedBy keyedBy = null;
    String topic = null;
    Duration wait = null;
    boolean required = false;
    for (String part : colon < 0 ? new String[0] : text.substring(colon + 1).split(",")) {
      String[] pair = part.strip().split("=", 2);
      String value = pair.length < 2 ? "" : pair[1].strip();
      switch (pair[0]) {
        case "keyed-by" -> keyedBy = keyedBy(name, value);
        case "topic" -> topic = value;
        case "wait" -> wait = Durations.parse(value);
        case "required" -> required = truth(name, value);
        default ->
            throw new IllegalArgumentException(
                name + ": '" + part + "' is none of keyed-by=, topic=, wait= and required=");
      }
    }
    if (keyedBy == null) {
      throw new IllegalArgumentException(name + ": give :keyed-by=product or :keyed-by=customer");
    }
    if (topic != null && topic.isEmpty()) {
      throw new IllegalArgumentException(name + ": topic= is empty");
    }
    return new ReferenceSpec(name, keyedBy, topic, wait, required);
  }

  private static KeyedBy keyedBy(String name, String value) {
    for (KeyedBy each : KeyedBy.values()) {
      if (each.toString().equals(value)) {
        return each;
      }
    }
    throw new IllegalArgumentException(name + ": keyed-by is product or customer");
  }

  private static boolean truth(String name, String value) {
    if (!value.equals("true") && !value.equals("false")) {
      throw new IllegalArgumentException(name + ": required is true or false");
    }
    return value.equals("true");
  }

  /** Reads them from the command line. */
  static final class Converter implements ITypeConverter<ReferenceSpec> {
    @Override
    public ReferenceSpec convert(String text) {
      try {
        return parse(text.strip());
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }
}
