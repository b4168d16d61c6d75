package io.turnstile.systemtests.fuzz;

import static io.turnstile.systemtests.fuzz.Model.demand;
import static io.turnstile.systemtests.fuzz.Model.demandOneLine;

import io.turnstile.events.CustomerCodec;
import io.turnstile.events.Decoded;
import io.turnstile.events.ProductCodec;
import io.turnstile.events.TransactionCodec;
import io.turnstile.simulator.Replay;
import io.turnstile.simulator.ReplayHints;
import io.turnstile.simulator.SimulatedEvent;
import java.io.IOException;
import java.nio.charset.Charset;

/**
 * A CSV file to replay: a byte with the hints {@link #DATES}, {@link #DECIMAL_COMMA} and {@link
 * #WINDOWS}, then the file.
 */
public final class ReplayTarget {

  private static final int DATES = 1;
  private static final int DECIMAL_COMMA = 2;
  private static final int WINDOWS = 4;
  private static final Charset WINDOWS_1252 = Charset.forName("windows-1252");

  private ReplayTarget() {}

  /** A file gives as many transactions as it has rows, all of them well-formed, or is refused. */
  public static void fuzzerTestOneInput(byte[] bytes) throws IOException {
    if (bytes.length == 0) {
      return;
    }
    ReplayHints hints =
        new ReplayHints(
            (bytes[0] & WINDOWS) != 0 ? WINDOWS_1252 : null,
            (bytes[0] & DATES) != 0 ? "M/d/yyyy" : null,
            (bytes[0] & DECIMAL_COMMA) != 0 ? ',' : null);
    try (Replay replay = new Replay(ScratchFile.of(bytes, 1), 1, hints)) {
      long submissions = 0;
      for (SimulatedEvent event = replay.next(); event != null; event = replay.next()) {
        Decoded<?> decoded = decoded(event);
        demand(decoded instanceof Decoded.Valid, () -> "well-formed: " + decoded);
        submissions += event instanceof SimulatedEvent.Submission ? 1 : 0;
      }
      long sent = submissions;
      demand(sent == replay.size(), () -> sent + " of " + replay.size() + " rows were sent");
    } catch (IOException | IllegalArgumentException e) {
      demandOneLine(e.getMessage());
    }
  }

  private static Decoded<?> decoded(SimulatedEvent event) {
    if (event instanceof SimulatedEvent.CustomerUpdate update) {
      return CustomerCodec.decode(CustomerCodec.encode(update.customer()));
    }
    if (event instanceof SimulatedEvent.ProductUpdate update) {
      return ProductCodec.decode(ProductCodec.encode(update.product()));
    }
    SimulatedEvent.Submission submission = (SimulatedEvent.Submission) event;
    return TransactionCodec.decode(TransactionCodec.encode(submission.transaction()));
  }
}
