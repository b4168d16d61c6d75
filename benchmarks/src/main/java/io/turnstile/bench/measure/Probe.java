package io.turnstile.bench.measure;

import io.turnstile.bench.measure.VerdictProbe.VerdictListener;

/** Follows the transactions that this JVM sends to their verdicts. Thread-safe. */
public interface Probe extends AutoCloseable {

  /** From now on, another listener hears what is sent and decided. */
  void tell(VerdictListener next);

  /** Transactions sent: acknowledged by the broker, or asked of a gateway. */
  long sent();

  /** Of them, those whose verdict has come. */
  long answered();

  /** Fails with the reason if no verdict can come any more. */
  void requireReading();

  @Override
  void close();
}
