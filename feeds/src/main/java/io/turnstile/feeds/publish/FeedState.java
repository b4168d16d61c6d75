package io.turnstile.feeds.publish;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;

/**
 * Where a feed is. A record of the topic of states, whose key is the feed's name; written in the
 * transaction of the page that led there. Times are epoch milliseconds, 0 for never. Immutable.
 *
 * @param fingerprint of the feed's configuration when this was written
 * @param sync the one that has begun and not ended, else null
 * @param since where the next incremental sync begins, null for a full one
 * @param validator of the source when it was last read in full, else null
 * @param completedAt when the last sync ended
 * @param fullAt when the last full sync ended
 * @param answered time of the newest request for a sync that was answered
 * @param readTime the highest one that was given to a record
 * @param totals of all times
 * @param failure what goes wrong since the last page, else null
 */
public record FeedState(
    String fingerprint,
    Sync sync,
    String since,
    String validator,
    long completedAt,
    long fullAt,
    long answered,
    long readTime,
    Totals totals,
    Failure failure) {

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          // A later build may have added some.
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  /**
   * A sync that has begun.
   *
   * @param full whether it reads everything
   * @param startedAt when it began
   * @param position of its next page, null for the first one
   * @param reached where its pages have come to, null if all syncs are full
   * @param pages published
   * @param records read
   * @param malformed those of them that could not be mapped
   */
  public record Sync(
      boolean full,
      long startedAt,
      String position,
      String reached,
      long pages,
      long records,
      long malformed) {

    /** One that begins. */
    public static Sync begin(boolean full, long startedAt, String reached) {
      return new Sync(full, startedAt, null, reached, 0, 0, 0);
    }
  }

  /**
   * Counts of all times.
   *
   * @param syncs ended
   * @param pages published
   * @param published versions of records
   * @param deleted records
   * @param malformed records that could not be mapped
   */
  public record Totals(long syncs, long pages, long published, long deleted, long malformed) {

    static final Totals NONE = new Totals(0, 0, 0, 0, 0);
  }

  /**
   * Something that goes wrong.
   *
   * @param since when it did for the first time
   * @param message one line, without secrets
   */
  public record Failure(long since, String message) {}

  /** A feed that has never run. */
  public static FeedState initial(String fingerprint) {
    return new FeedState(fingerprint, null, null, null, 0, 0, 0, 0, Totals.NONE, null);
  }

  /** The same feed with another configuration: what is known of the source does not count. */
  public FeedState reconfigured(String other) {
    return new FeedState(other, null, null, null, 0, 0, answered, readTime, totals, failure);
  }

  /** The same, as if the source had not been read yet. */
  public FeedState withoutValidator() {
    return new FeedState(
        fingerprint, sync, since, null, completedAt, fullAt, answered, readTime, totals, failure);
  }

  /** The same with another sync. */
  public FeedState with(Sync other) {
    return new FeedState(
        fingerprint,
        other,
        since,
        validator,
        completedAt,
        fullAt,
        answered,
        readTime,
        totals,
        failure);
  }

  /** The same with a failure. */
  public FeedState with(Failure other) {
    return new FeedState(
        fingerprint,
        sync,
        since,
        validator,
        completedAt,
        fullAt,
        answered,
        readTime,
        totals,
        other);
  }

  /** JSON. */
  public byte[] encode() {
    try {
      return JSON.writeValueAsBytes(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a record can be written", e);
    }
  }

  /**
   * Reads JSON.
   *
   * @throws IOException if it is none of a state
   */
  public static FeedState decode(byte[] json) throws IOException {
    return JSON.readValue(json, FeedState.class);
  }
}
