package io.turnstile.job.enrich;

import java.io.Serializable;
import java.time.Duration;

/**
 * Limits of the time that an element waits for a missing reference.
 *
 * @param minWait after it, the topic is asked for its end
 * @param maxWait after it, an element is given up whose topic could not be read to that end; longer
 *     than {@code minWait}
 */
public record WaitSettings(Duration minWait, Duration maxWait) implements Serializable {}
