/**
 * Fourth room: duplicates are rejected, the customer is joined, the verdict is made. A verdict goes
 * to a {@link io.turnstile.job.decide.CommitStrategy}.
 */
package io.turnstile.job.decide;
