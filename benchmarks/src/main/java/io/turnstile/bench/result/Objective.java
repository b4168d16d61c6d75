package io.turnstile.bench.result;

/**
 * A service-level objective and the value it is judged by.
 *
 * @param name as {@code committed p99}
 * @param target as {@code < 100 ms}
 * @param actual in the target's unit; null if it could not be measured, which is not met
 * @param goal whether the run passes without it: wished for, not promised
 */
public record Objective(String name, String target, Double actual, boolean met, boolean goal) {

  /** Tells whether it fails the run: it is no mere goal, and it is not met. */
  public boolean missed() {
    return !met && !goal;
  }
}
