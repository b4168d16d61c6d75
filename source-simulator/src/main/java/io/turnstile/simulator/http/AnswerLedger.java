package io.turnstile.simulator.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedWriter;
import java.io.Closeable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Writes down what a client asks before it does, and every answer: lines of JSON. An existing file
 * is continued; a last line that was cut off by a crash is dropped. Thread-safe.
 */
public final class AnswerLedger implements Closeable {

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * A line: a question if it has {@code asked}, else an answer to the question of that number.
   *
   * @param asked body of the request
   * @param status of an answer, final or not
   * @param body of an answer, a character for each byte
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Line(
      long seq,
      @JsonProperty("customer_id") String customerId,
      @JsonProperty("transaction_id") String transactionId,
      String asked,
      Integer status,
      String body) {

    boolean isQuestion() {
      return asked != null;
    }
  }

  private final BufferedWriter lines;
  private final boolean durable;
  private final Map<Long, Line> unanswered = new LinkedHashMap<>();
  private long nextSeq;

  /**
   * @param durable true to hand each line to the operating system at once, so that it survives the
   *     end of this process; else only on {@link #close()}
   */
  public AnswerLedger(Path file, boolean durable) throws IOException {
    this.durable = durable;
    if (Files.exists(file)) {
      continueAfter(file);
    }
    lines = Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private void continueAfter(Path file) throws IOException {
    dropCutOffLine(file);
    read(
        file,
        line -> {
          nextSeq = Math.max(nextSeq, line.seq() + 1);
          if (line.isQuestion()) {
            unanswered.put(line.seq(), line);
          } else if (Answer.isFinal(line.status())) {
            unanswered.remove(line.seq());
          }
        });
  }

  private static void dropCutOffLine(Path file) throws IOException {
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      long whole = bytes.length();
      while (whole > 0 && !endsLine(bytes, whole)) {
        whole--;
      }
      bytes.setLength(whole);
    }
  }

  private static boolean endsLine(RandomAccessFile bytes, long length) throws IOException {
    bytes.seek(length - 1);
    return bytes.read() == '\n';
  }

  static void read(Path file, Consumer<Line> each) throws IOException {
    try (var all = Files.lines(file)) {
      all.forEach(
          line -> {
            try {
              each.accept(JSON.readValue(line, Line.class));
            } catch (JsonProcessingException e) {
              throw new UncheckedIOException(file + " is no ledger of answers", e);
            }
          });
    }
  }

  /** Number of questions that were asked, those of earlier runs included. */
  public synchronized long questions() {
    return nextSeq;
  }

  /** The questions of earlier runs that no final answer came for, in their order. */
  synchronized List<Line> unanswered() {
    return List.copyOf(unanswered.values());
  }

  /** Takes down a question that is to be asked; returns its number. */
  synchronized long asked(Question question) {
    long seq = nextSeq++;
    write(
        new Line(
            seq, question.customerId(), question.transactionId(), question.body(), null, null));
    return seq;
  }

  /** Takes down an answer, final or not. */
  synchronized void answered(long seq, int status, byte[] body) {
    write(new Line(seq, null, null, null, status, new String(body, StandardCharsets.ISO_8859_1)));
  }

  private void write(Line line) {
    try {
      lines.write(JSON.writeValueAsString(line));
      lines.write('\n');
      if (durable) {
        lines.flush();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the ledger of answers cannot be written", e);
    }
  }

  @Override
  public synchronized void close() throws IOException {
    lines.close();
  }
}
