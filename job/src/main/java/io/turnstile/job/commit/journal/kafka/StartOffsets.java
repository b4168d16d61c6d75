package io.turnstile.job.commit.journal.kafka;

import io.turnstile.job.commit.journal.JournalException;
import java.io.Serializable;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Offsets to read the verdict topics from without a checkpoint, by partition. Immutable.
 *
 * <p>Verdicts before these offsets are taken for known to the restored state, or for irrelevant.
 */
public final class StartOffsets implements Serializable {

  private static final Pattern ENTRY = Pattern.compile("([^=,\\s]+/\\d+)=(\\d{1,18})");

  private final Map<String, Long> byPartition;

  private StartOffsets(Map<String, Long> byPartition) {
    this.byPartition = byPartition;
  }

  /**
   * Reads {@code TOPIC/PARTITION=OFFSET,…}.
   *
   * @throws IllegalArgumentException if the text is not of that form
   */
  public static StartOffsets parse(String text) {
    Map<String, Long> byPartition = new HashMap<>();
    for (String entry : text.split(",", -1)) {
      Matcher matcher = ENTRY.matcher(entry.strip());
      if (!matcher.matches()) {
        throw new IllegalArgumentException(
            "'" + entry.strip() + "' is no start offset, write TOPIC/PARTITION=OFFSET");
      }
      if (byPartition.put(matcher.group(1), Long.valueOf(matcher.group(2))) != null) {
        throw new IllegalArgumentException(matcher.group(1) + " has two start offsets");
      }
    }
    return new StartOffsets(Map.copyOf(byPartition));
  }

  /**
   * The position with the offsets of these partitions.
   *
   * @throws JournalException.Refused if one has none
   */
  LaneOffsets of(List<String> partitions) throws JournalException.Refused {
    for (String partition : partitions) {
      if (!byPartition.containsKey(partition)) {
        throw new JournalException.Refused(
            "--journal-start-offsets has no offset for "
                + partition
                + ": give one for each partition of each verdict topic");
      }
    }
    return new LaneOffsets(partitions.stream().map(byPartition::get).toList());
  }
}
