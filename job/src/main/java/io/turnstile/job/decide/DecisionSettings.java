package io.turnstile.job.decide;

import io.turnstile.decision.dedup.DedupSettings;
import io.turnstile.job.enrich.WaitSettings;
import java.io.Serializable;
import java.time.Duration;

/**
 * Settings of the deciding operator.
 *
 * @param customersRequired whether an unknown customer is waited for, and then turned away
 * @param customerWait how long a transaction waits for an unknown customer
 * @param maxCheckpointAge an older checkpoint is not restored
 * @param allowStaleCheckpoint whether it is all the same, at the risk of accepting what has been
 *     forgotten
 */
public record DecisionSettings(
    DedupSettings dedup,
    boolean customersRequired,
    WaitSettings customerWait,
    Duration maxCheckpointAge,
    boolean allowStaleCheckpoint)
    implements Serializable {}
