package io.turnstile.job.decide;

/**
 * Takes acceptances that a commit strategy recovers at a start.
 *
 * @param <E> thrown when one cannot be taken; the start fails then
 */
@FunctionalInterface
public interface AcceptanceSink<E extends Exception> {
  void accept(RecoveredAcceptance recovered) throws E;
}
