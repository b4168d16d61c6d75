package io.turnstile.job.options;

import static io.turnstile.job.options.Bounds.require;
import static io.turnstile.job.options.Bounds.requirePositive;

import io.turnstile.clients.DedupWindow;
import io.turnstile.clients.Durations;
import io.turnstile.clients.OptionSources;
import io.turnstile.clients.ReferenceSpec;
import io.turnstile.decision.dedup.DedupSettings;
import io.turnstile.job.decide.DecisionSettings;
import io.turnstile.job.enrich.WaitSettings;
import java.time.Duration;
import java.util.Objects;
import picocli.CommandLine.Option;

/** Options that decide when a transaction is a duplicate, and how long it waits for references. */
public final class DecisionOptions {

  @Option(names = "--dedup-window", description = "An id is accepted once within it")
  private Duration dedupWindow = Durations.parse(DedupWindow.DEFAULT);

  @Option(
      names = "--content-dedup",
      description = "on or off: whether the same content under another id is a duplicate")
  private Switch contentDedup = Switch.ON;

  @Option(names = "--content-window", description = "A content is accepted once within it")
  private Duration contentWindow = Duration.ofMinutes(10);

  @Option(
      names = "--product-wait",
      description = "How long a transaction waits for an unknown product (or customer)")
  private Duration productWait = Duration.ofSeconds(5);

  @Option(
      names = "--max-wait",
      description =
          "How long it may wait when the reference topic cannot be read. Default: 1min, at least 55s"
              + " longer than --product-wait")
  private Duration maxWait;

  @Option(
      names = "--customers",
      description = "optional or required: whether an unknown customer is turned away")
  private Presence customers = Presence.OPTIONAL;

  @Option(names = "--max-outage", description = "Longest stop that dedup survives")
  private Duration maxOutage = Duration.ofHours(1);

  @Option(
      names = "--allow-stale-checkpoint",
      fallbackValue = OptionSources.ON,
      description = "Restore a checkpoint that is older than that, at your own risk")
  private boolean allowStaleCheckpoint;

  private enum Switch {
    ON,
    OFF
  }

  private enum Presence {
    OPTIONAL,
    REQUIRED
  }

  /** For reading a topic to its end. */
  private static final Duration MIN_GRACE = Duration.ofSeconds(1);

  private static final Duration DEFAULT_GRACE = Duration.ofSeconds(55);
  private static final Duration DEFAULT_MAX_WAIT = Duration.ofMinutes(1);

  /**
   * Checks the bounds.
   *
   * @throws InvalidConfigException if a value is outside of them
   */
  public void validate() throws InvalidConfigException {
    requirePositive(dedupWindow, "--dedup-window");
    requirePositive(contentWindow, "--content-window");
    require(!productWait.isNegative(), "--product-wait must not be negative");
    require(
        waits().maxWait().compareTo(productWait.plus(MIN_GRACE)) >= 0,
        "--max-wait must be at least a second longer than --product-wait");
    requirePositive(maxOutage, "--max-outage");
  }

  /** Limits of the time that a transaction waits for its product, or for a required customer. */
  public WaitSettings waits() {
    return waits(productWait);
  }

  /**
   * Limits of the time that a transaction waits for a named reference: its own, or else that for a
   * product if it is required, and none if it is not.
   *
   * @throws InvalidConfigException if it is too long for {@code --max-wait}
   */
  public WaitSettings waits(ReferenceSpec reference) throws InvalidConfigException {
    Duration usual = reference.required() ? productWait : Duration.ZERO;
    WaitSettings waits = waits(Objects.requireNonNullElse(reference.waitTime(), usual));
    require(
        waits.maxWait().compareTo(waits.minWait().plus(MIN_GRACE)) >= 0,
        "--max-wait must be at least a second longer than the wait of --reference "
            + reference.name());
    return waits;
  }

  private WaitSettings waits(Duration wait) {
    if (maxWait != null) {
      return new WaitSettings(wait, maxWait);
    }
    Duration longer = wait.plus(DEFAULT_GRACE);
    return new WaitSettings(
        wait, longer.compareTo(DEFAULT_MAX_WAIT) > 0 ? longer : DEFAULT_MAX_WAIT);
  }

  /**
   * As the deciding operator takes them.
   *
   * @param maxCheckpointAge a limit beside {@code --max-outage}, the smaller one counts; null if
   *     there is none
   */
  public DecisionSettings settings(Duration maxCheckpointAge) {
    Duration content = contentDedup == Switch.ON ? contentWindow : null;
    return new DecisionSettings(
        new DedupSettings(dedupWindow, content, maxOutage),
        customers == Presence.REQUIRED,
        waits(),
        maxCheckpointAge != null && maxCheckpointAge.compareTo(maxOutage) < 0
            ? maxCheckpointAge
            : maxOutage,
        allowStaleCheckpoint);
  }
}
