package io.turnstile.job.turnstile;

import java.io.Serializable;
import java.time.Duration;

/**
 * Settings of the deciding operator.
 *
 * @param customersRequired whether an unknown customer is waited for, and then turned away
 * @param customerWait how long a transaction waits for an unknown customer
 * @param allowStaleCheckpoint whether a checkpoint older than {@link DedupSettings#maxOutage()} may
 *     be restored, at the risk of accepting what has been forgotten
 */
public record TurnstileSettings(
    DedupSettings dedup,
    boolean customersRequired,
    Duration customerWait,
    boolean allowStaleCheckpoint)
    implements Serializable {}
