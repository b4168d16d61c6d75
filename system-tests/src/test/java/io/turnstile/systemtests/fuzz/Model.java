package io.turnstile.systemtests.fuzz;

import java.util.function.Supplier;

/** What every target demands. */
final class Model {

  private static final int LONGEST_MESSAGE = 2_000;

  private Model() {}

  /**
   * Fails if a condition does not hold.
   *
   * @param demand the condition in words
   */
  static void demand(boolean condition, Supplier<String> demand) {
    if (!condition) {
      throw new AssertionError("does not hold: " + demand.get());
    }
  }

  /** Fails if a message is not one line for a person, of bounded length. */
  static void demandOneLine(String message) {
    demand(
        message != null
            && !message.isBlank()
            && message.length() <= LONGEST_MESSAGE
            && message.chars().noneMatch(c -> c == '\n' || c == '\r'),
        () -> "one line says why: " + message);
  }
}
