package io.turnstile.events;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What an accepted verdict holds because the job was told to, beside what every one has. Immutable.
 *
 * @param extra JSON object of the transaction's {@link CarriedFields}; null if none are carried
 * @param references by name, the JSON object that was in force at the decision; null where none was
 *     known
 */
public record Additions(String extra, Map<String, String> references) {

  public static final Additions NONE = new Additions(null, Map.of());

  public Additions {
    references = Collections.unmodifiableMap(new LinkedHashMap<>(references));
  }

  /** Carried fields alone; {@link #NONE} for null. */
  public static Additions of(String extra) {
    return extra == null ? NONE : new Additions(extra, Map.of());
  }

  /**
   * The same with one more reference.
   *
   * @param document null if none is known
   */
  public Additions with(String name, ReferenceDocument document) {
    Map<String, String> more = new LinkedHashMap<>(references);
    more.put(name, document == null ? null : document.json());
    return new Additions(extra, more);
  }

  /** Returns whether there is nothing in it. */
  public boolean isEmpty() {
    return extra == null && references.isEmpty();
  }
}
