package io.turnstile.feeds.mapping;

/** A value cannot be converted; the message says what it is not, and never repeats it. */
final class ConversionException extends Exception {

  private final Mapped.Reason reason;

  ConversionException(Mapped.Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  Mapped.Reason reason() {
    return reason;
  }
}
