package io.turnstile.bench.scenario;

/** A scenario cannot be used; the message is one line that names the file and the key. */
public final class ScenarioException extends Exception {

  ScenarioException(String message, Throwable cause) {
    super(message, cause);
  }
}
