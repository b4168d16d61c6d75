package io.turnstile.simulator.http;

import io.turnstile.events.LedgerEntry;
import io.turnstile.simulator.SimulatedEvent.Submission;
import io.turnstile.simulator.TokenIssuer;
import io.turnstile.simulator.TransactionTransport;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;

/**
 * Writes transactions down as requests for other tools to send to a gateway: CSV with the columns
 * {@code token}, {@code body} and {@code status}, the statuses of right answers, as {@code
 * 200|409}.
 */
public final class RequestFile implements TransactionTransport, Closeable {

  private static final CSVFormat FORMAT =
      CSVFormat.DEFAULT.builder().setHeader("token", "body", "status").get();

  private final CSVPrinter rows;

  /** Begins the file anew. */
  public RequestFile(Path file) throws IOException {
    rows = new CSVPrinter(Files.newBufferedWriter(file, StandardCharsets.UTF_8), FORMAT);
  }

  @Override
  public void send(Submission submission, TokenIssuer tokens, long intendedNanos) {
    String customer = submission.transaction().customerId();
    Question question =
        Question.of(
            submission.transaction(),
            submission.shape(),
            () -> tokens.token(submission.tokenKind(), customer),
            intendedNanos);
    try {
      rows.printRecord(question.token().get(), question.body(), statuses(submission));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String statuses(Submission submission) {
    return submission.allowed().stream()
        .map(RequestFile::status)
        .distinct()
        .sorted()
        .collect(Collectors.joining("|"));
  }

  /** The status of a verdict, in the terms of a ledger. */
  private static String status(String outcome) {
    return switch (outcome) {
      case LedgerEntry.ACCEPTED, "DUPLICATE_ID" -> "200";
      case "ID_CONFLICT", "DUPLICATE_CONTENT" -> "409";
      case "UNKNOWN_PRODUCT", "UNKNOWN_CUSTOMER", "UNKNOWN_REFERENCE" -> "404";
      case "TOO_LARGE" -> "413";
      case "MALFORMED_JSON", "SCHEMA_VIOLATION" -> "422";
      default -> "401";
    };
  }

  @Override
  public void close() throws IOException {
    rows.close();
  }
}
