package io.turnstile.feeds.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.stream.Stream;

/**
 * Where the value of one field comes from: a place in the source's record, a constant, or the
 * runner.
 *
 * @param at place in the source's record, else null
 * @param as conversion of what is there; null for the one that the field's type suggests
 * @param absent taken where there is nothing at that place, or null; null for a record that is then
 *     malformed
 * @param constant the value itself, else null
 * @param generated made by the runner, else null
 */
public record FieldMapping(
    JsonPointer at,
    As as,
    @JsonProperty("default") JsonNode absent,
    JsonNode constant,
    Generated generated) {

  /** Conversion of a value. */
  public enum As {
    /** The text of a string, number or boolean. */
    @JsonProperty("text")
    TEXT,
    /** An integer, also as text. */
    @JsonProperty("integer")
    INTEGER,
    /** An amount of money in major units; its minor units are those of the record's currency. */
    @JsonProperty("minor-units")
    MINOR_UNITS,
    /** A time of ISO 8601 with its offset, as 2026-01-31T12:00:00Z; epoch milliseconds. */
    @JsonProperty("iso-time")
    ISO_TIME,
    /** Seconds since the epoch, with fraction or without; epoch milliseconds. */
    @JsonProperty("epoch-seconds")
    EPOCH_SECONDS,
    /** True, yes, Y or 1: 1. False, no, N or 0: 0. */
    @JsonProperty("boolean")
    BOOLEAN,
    /** The text in capital letters. */
    @JsonProperty("upper-case")
    UPPER_CASE
  }

  /** Values that no source has. */
  public enum Generated {
    /** The time of reading in epoch milliseconds, higher for every later change. */
    @JsonProperty("read-time")
    READ_TIME
  }

  /** Refuses what is none of the three, and what does not belong together. */
  public FieldMapping {
    if (Stream.of(at, constant, generated).filter(each -> each != null).count() != 1) {
      throw new IllegalArgumentException("needs one of 'at', 'constant' and 'generated'");
    }
    if (at == null && (as != null || absent != null)) {
      throw new IllegalArgumentException("'as' and 'default' need 'at'");
    }
  }
}
