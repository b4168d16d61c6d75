package io.turnstile.cli;

import org.apache.kafka.common.KafkaException;

/** Messages of exceptions for a terminal. */
public final class OneLine {

  private OneLine() {}

  /** The message without line ends; the type too where the message alone says little. */
  public static String of(Throwable e) {
    String message = e.getMessage();
    if (e instanceof KafkaException && e.getCause() instanceof KafkaException cause) {
      // "Failed to create new KafkaAdminClient" says nothing without it.
      message += ": " + cause.getMessage();
    }
    if (message == null || message.isBlank()) {
      return e.getClass().getSimpleName();
    }
    return message.strip().replaceAll("\\s*\\R\\s*", "; ");
  }
}
