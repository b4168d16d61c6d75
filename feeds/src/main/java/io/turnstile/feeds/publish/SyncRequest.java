package io.turnstile.feeds.publish;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;

/**
 * Somebody's wish for a sync. A record of the topic of states, whose key is the feed's name and
 * {@code /request}.
 *
 * @param at when it was made, epoch milliseconds; the newest one counts
 * @param full whether the sync is to read everything
 */
public record SyncRequest(long at, boolean full) {

  /** Nobody has ever wished for one. */
  public static final SyncRequest NONE = new SyncRequest(0, false);

  private static final ObjectMapper JSON = new ObjectMapper();

  /** The key of the record. */
  public static String key(String feed) {
    return feed + "/request";
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
   * @throws IOException if it is none of a request
   */
  public static SyncRequest decode(byte[] json) throws IOException {
    return JSON.readValue(json, SyncRequest.class);
  }
}
