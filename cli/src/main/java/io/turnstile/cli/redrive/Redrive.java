package io.turnstile.cli.redrive;

import io.turnstile.cli.redrive.RedriveReport.Obstacle;
import io.turnstile.clients.CheckFailedException;
import io.turnstile.clients.CommittedVerdicts;
import io.turnstile.clients.RecordSize;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.Decoded;
import io.turnstile.events.InputHeaders;
import io.turnstile.events.Outcome;
import io.turnstile.events.Rejected;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import io.turnstile.events.VerdictCodec;
import io.turnstile.events.VerdictHeaders;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Goes through verdicts, and sends the inputs anew that they turned away and that may pass now.
 * Used once, by one thread.
 */
final class Redrive {

  private static final Comparator<Verdict> IN_THE_ORDER_OF_THE_LOG =
      Comparator.comparingInt((Verdict verdict) -> verdict.position().partition())
          .thenComparingLong(verdict -> verdict.position().offset());

  /**
   * A verdict whose input is wanted.
   *
   * @param rejected null for a dead letter
   */
  private record Verdict(
      SourcePosition position,
      String code,
      Rejected rejected,
      ConsumerRecord<byte[], byte[]> record) {}

  /** Takes an input that may pass, and reports when it is sent. */
  interface Target {
    void send(Origin origin) throws InterruptedException;
  }

  private final RedriveSelection selection;
  private final Set<String> redriven;
  private final Target target;
  private final long maxBytes;
  private final Supplier<Instant> clock;
  private final RedriveReport report;

  /**
   * @param redriven {@linkplain RedriveLog#mark marks} of the inputs that were sent anew before;
   *     those sent now are added
   * @param maxBytes of a record in the transactions topic
   */
  Redrive(
      RedriveSelection selection,
      Set<String> redriven,
      Target target,
      long maxBytes,
      RedriveReport report) {
    this(selection, redriven, target, maxBytes, Instant::now, report);
  }

  Redrive(
      RedriveSelection selection,
      Set<String> redriven,
      Target target,
      long maxBytes,
      Supplier<Instant> clock,
      RedriveReport report) {
    this.selection = selection;
    this.redriven = redriven;
    this.target = target;
    this.maxBytes = maxBytes;
    this.clock = clock;
    this.report = report;
  }

  /**
   * Goes through the verdicts that are there now.
   *
   * @param verdicts of the topic that is selected
   * @param inputs of the transactions topic
   * @param patience how long no verdict may come
   * @param progress called now and then
   * @throws CheckFailedException if something cannot be read, or is no verdict
   */
  void run(
      CommittedVerdicts<byte[]> verdicts, SourceInputs inputs, Duration patience, Runnable progress)
      throws InterruptedException {
    if (selection.since() == null) {
      verdicts.seekToBeginning();
    } else {
      verdicts.seekToTime(selection.since());
    }
    verdicts.<InterruptedException>readToEnd(
        patience,
        batch -> {
          List<Verdict> wanted =
              batch.stream()
                  .map(this::wanted)
                  .filter(Objects::nonNull)
                  .sorted(IN_THE_ORDER_OF_THE_LOG)
                  .toList();
          for (Verdict verdict : wanted) {
            redrive(verdict, inputs);
          }
          progress.run();
        });
  }

  /** Null if it is not selected. */
  private Verdict wanted(ConsumerRecord<byte[], byte[]> record) {
    try {
      Rejected rejected =
          selection.from() == Outcome.REJECTED ? VerdictCodec.decodeRejected(record.value()) : null;
      String code =
          rejected == null
              ? VerdictHeaders.required(record.headers(), VerdictHeaders.ERROR_CODE)
              : rejected.reason().name();
      if (!selection.codes().contains(code)) {
        return null;
      }
      SourcePosition position = VerdictHeaders.position(record.headers());
      if (!position.topic().equals(selection.transactions())) {
        throw new CheckFailedException(
            "the verdicts are about topic %s, not %s: check the names of the topics"
                .formatted(position.topic(), selection.transactions()));
      }
      return new Verdict(position, code, rejected, record);
    } catch (IllegalArgumentException e) {
      throw new CheckFailedException(
          "the record at %s/%d/%d is no verdict: %s"
              .formatted(record.topic(), record.partition(), record.offset(), e.getMessage()));
    }
  }

  private void redrive(Verdict verdict, SourceInputs inputs) throws InterruptedException {
    String mark = RedriveLog.mark(selection.from(), verdict.position());
    // An earlier build did not write the outcome.
    if (redriven.contains(mark) || redriven.contains(verdict.position().toString())) {
      report.alreadyRedriven();
      return;
    }
    if (verdict.code().equals(RejectionReason.TOKEN_EXPIRED.name())) {
      // Its token does not get younger: the input need not be read.
      notSent(verdict, Obstacle.TOKEN_EXPIRED, verdict.rejected().detail());
      return;
    }
    if (verdict.rejected() != null
        && windowIsOver(verdict, Instant.ofEpochMilli(verdict.rejected().receivedAt()))) {
      return;
    }
    Optional<Origin> found = origin(verdict, inputs);
    if (found.isEmpty() && verdict.rejected() == null) {
      notSent(
          verdict,
          Obstacle.INCOMPLETE,
          "headers that are missing: "
              + VerdictHeaders.optional(verdict.record().headers(), InputHeaders.DROPPED));
      return;
    }
    if (found.isEmpty()) {
      notSent(verdict, Obstacle.GONE, "retention has deleted it, or the topic was created again");
      return;
    }
    Origin origin = found.get();
    if (mayPass(verdict, origin)) {
      target.send(origin);
      redriven.add(mark);
    }
  }

  /**
   * Reports it if it is: the job forgets then what it has accepted, also this, if its sender has
   * sent it again.
   */
  private boolean windowIsOver(Verdict verdict, Instant received) {
    if (selection.window() == null || !received.isBefore(clock.get().minus(selection.window()))) {
      return false;
    }
    notSent(verdict, Obstacle.WINDOW_OVER, "received at " + received);
    return true;
  }

  /** A dead letter is its input, unless it lacks headers; else the log is asked. */
  private Optional<Origin> origin(Verdict verdict, SourceInputs inputs) {
    SourcePosition position = verdict.position();
    ConsumerRecord<byte[], byte[]> letter = verdict.record();
    if (verdict.rejected() == null && letter.headers().lastHeader(InputHeaders.DROPPED) == null) {
      return Optional.of(
          new Origin(
              position,
              selection.from(),
              verdict.code(),
              received(verdict, letter),
              letter.key(),
              letter.value(),
              InputHeaders.fromDeadLetter(letter.headers())));
    }
    return inputs
        .at(position)
        .filter(
            input ->
                verdict.rejected() == null
                    ? Arrays.equals(input.key(), letter.key())
                        && Arrays.equals(input.value(), letter.value())
                    : input.timestamp() == verdict.rejected().receivedAt())
        .map(
            input ->
                new Origin(
                    position,
                    selection.from(),
                    verdict.code(),
                    received(verdict, input),
                    input.key(),
                    input.value(),
                    input.headers()));
  }

  /**
   * When an input was received that could have been accepted; null for another. The dead letter of
   * a refused verdict is a row, whose time is that of its input.
   */
  private static Instant received(Verdict verdict, ConsumerRecord<byte[], byte[]> record) {
    return verdict.rejected() == null
            && !verdict.code().equals(DeadLetterCode.REFUSED_BY_DATABASE.name())
        ? null
        : Instant.ofEpochMilli(record.timestamp());
  }

  /** Reports what stands against it. */
  private boolean mayPass(Verdict verdict, Origin origin) {
    if (origin.firstReceived() != null && windowIsOver(verdict, origin.firstReceived())) {
      return false;
    }
    Decoded<Transaction> decoded = TransactionCodec.decode(origin.value());
    if (decoded instanceof Decoded.Invalid<Transaction> invalid) {
      notSent(verdict, Obstacle.UNREADABLE, invalid.code() + ", " + invalid.message());
      return false;
    }
    long bytes = RecordSize.upperBound(origin.anew());
    if (bytes > maxBytes) {
      // Sent in vain, it would be in the way of all others.
      notSent(verdict, Obstacle.TOO_LARGE, bytes + " bytes, the limit is " + maxBytes);
      return false;
    }
    String token = ((Decoded.Valid<Transaction>) decoded).record().token();
    Optional<TokenLifetime> lifetime = TokenLifetime.of(token);
    if (lifetime.isEmpty()) {
      notSent(verdict, Obstacle.TOKEN_INVALID, "it would be rejected");
      return false;
    }
    Instant now = clock.get();
    Instant until = lifetime.get().until();
    if (!now.minus(selection.clockSkew()).isBefore(until)) {
      notSent(verdict, Obstacle.TOKEN_EXPIRED, "the token has expired at " + until);
      return false;
    }
    Instant from = lifetime.get().from();
    if (now.plus(selection.clockSkew()).isBefore(from)) {
      notSent(verdict, Obstacle.TOKEN_NOT_YET_VALID, "the token is valid from " + from);
      return false;
    }
    return true;
  }

  private void notSent(Verdict verdict, Obstacle obstacle, String detail) {
    report.notSent(verdict.position(), verdict.code(), obstacle, detail);
  }
}
