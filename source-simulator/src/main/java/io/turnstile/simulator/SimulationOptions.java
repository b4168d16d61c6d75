package io.turnstile.simulator;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The options of a {@link Simulation}. Every setter returns the options themselves; not
 * thread-safe.
 */
public final class SimulationOptions {

  private double rate;
  private List<RateStage> stages = List.of();
  private long count = Long.MAX_VALUE;
  private Duration duration = Duration.ofDays(36_500);
  private Path ledger;
  private boolean retry;
  private Duration retryWait = Duration.ofSeconds(30);

  /** As fast as possible, to the end of the events, without ledger and without sending again. */
  public SimulationOptions() {}

  /** Transactions per second, 0 for unlimited. */
  public SimulationOptions rate(double rate) {
    this.rate = rate;
    return this;
  }

  /** The rate follows these stages instead, and the run ends with them. */
  public SimulationOptions stages(List<RateStage> stages) {
    this.stages = List.copyOf(stages);
    return this;
  }

  /** Ends after that many transactions. */
  public SimulationOptions count(long count) {
    if (count < 0) {
      throw new IllegalArgumentException("a count is from 0 on, not " + count);
    }
    this.count = count;
    return this;
  }

  /** Ends before the first transaction that is meant to be sent this long after the first. */
  public SimulationOptions duration(Duration duration) {
    if (duration.isNegative()) {
      throw new IllegalArgumentException("a duration is not negative");
    }
    this.duration = duration;
    return this;
  }

  /** Writes or continues a ledger. */
  public SimulationOptions ledger(Path ledger) {
    this.ledger = ledger;
    return this;
  }

  /** Reads retryable rejections and sends their transactions again if true; default false. */
  public SimulationOptions retry(boolean retry) {
    this.retry = retry;
    return this;
  }

  /** The time to wait at the end for rejections that are still to come. */
  public SimulationOptions retryWait(Duration retryWait) {
    this.retryWait = retryWait;
    return this;
  }

  public double rate() {
    return rate;
  }

  /** Empty for none. */
  public List<RateStage> stages() {
    return stages;
  }

  public long count() {
    return count;
  }

  public Duration duration() {
    return duration;
  }

  /** Null for none. */
  public Path ledger() {
    return ledger;
  }

  public boolean retry() {
    return retry;
  }

  public Duration retryWait() {
    return retryWait;
  }
}
