package io.turnstile.clients;

import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A job in the order of upgrades: of two jobs on the same verdict topics, the greater one stays.
 *
 * @param number given to the job with {@code --generation}, from 1 on
 * @param job Flink's id of it, the same for all its attempts
 */
public record Generation(long number, String job) implements Comparable<Generation> {

  private static final Pattern TEXT = Pattern.compile("(\\d{1,18}) (\\S+)");

  private static final Comparator<Generation> ORDER =
      Comparator.comparingLong(Generation::number).thenComparing(Generation::job);

  /**
   * Reads what {@link #toString} has made.
   *
   * @throws IllegalArgumentException if it is something else
   */
  public static Generation parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("no generation: " + text);
    }
    return new Generation(Long.parseLong(matcher.group(1)), matcher.group(2));
  }

  /**
   * Returns whether this job has to leave a lane to its owner for good. The job's id decides
   * between equal numbers, so that of two jobs that take lanes over at the same time one is left.
   */
  public boolean yieldsTo(Generation owner) {
    return compareTo(owner) < 0;
  }

  /** Returns whether this job must not even stand by beside that owner: its number is not above. */
  public boolean isNotAbove(Generation owner) {
    return number <= owner.number && !equals(owner);
  }

  @Override
  public int compareTo(Generation other) {
    return ORDER.compare(this, other);
  }

  /** The form in the owners topic: number, space, job. */
  @Override
  public String toString() {
    return number + " " + job;
  }
}
