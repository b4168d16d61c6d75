/**
 * Second room: the record is parsed and its token checked. A good one leaves as {@link
 * io.turnstile.job.validate.AuthenticatedTransaction}; one that is turned away leaves as {@link
 * io.turnstile.job.validate.DecisionInput} and skips the next room.
 */
package io.turnstile.job.validate;
