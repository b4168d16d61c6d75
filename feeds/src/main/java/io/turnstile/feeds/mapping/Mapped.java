package io.turnstile.feeds.mapping;

/** What a record of a source becomes. */
public sealed interface Mapped {

  /**
   * A version of a record.
   *
   * @param key of the record in the topic
   * @param version the higher one counts
   * @param content hash of all that the source says of it
   * @param value JSON of the contract
   */
  // Read only.
  @SuppressWarnings("ArrayRecordComponent")
  record Put(String key, long version, long content, byte[] value) implements Mapped {}

  /**
   * The end of a record.
   *
   * @param key of the record in the topic
   * @param version up to which it is deleted; null if the source does not say
   */
  record Delete(String key, Long version) implements Mapped {}

  /**
   * Nothing that could be published.
   *
   * @param reason the kind of fault
   * @param detail one line that names the field and the fault, never what the source has there
   */
  record Malformed(Reason reason, String detail) implements Mapped {}

  /** Kind of fault. */
  enum Reason {
    /** A field is not there. */
    MISSING,
    /** A field cannot be converted. */
    CONVERSION,
    /** The record is not as the contract has it. */
    CONTRACT
  }
}
