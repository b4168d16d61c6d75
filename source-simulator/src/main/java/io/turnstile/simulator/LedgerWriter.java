package io.turnstile.simulator;

import io.turnstile.events.ContentHash;
import io.turnstile.events.LedgerEntry;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.Transaction;
import java.io.BufferedInputStream;
import java.io.BufferedWriter;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Set;

/**
 * Writes down what is expected of each input before it is sent. Numbers inputs and groups; an
 * existing file is continued, so that one file serves all runs on the same topics. Not thread-safe.
 *
 * <p>Lines that were written but not sent do no harm: an input whose number is never seen was not
 * sent.
 */
public final class LedgerWriter implements Closeable {

  /** Groups from here up are made of a content and mean it in every run; others are counted. */
  private static final long CONTENT_GROUPS = 1L << 62;

  private final BufferedWriter lines;
  private final Set<Long> earlierContents = new HashSet<>();
  private long nextSeq;
  private long nextGroup;

  /**
   * @throws IOException if the file cannot be written
   * @throws IllegalArgumentException if it exists and is no ledger
   */
  public LedgerWriter(Path file) throws IOException {
    if (Files.exists(file)) {
      continueAfter(file);
    }
    lines = Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  /** The number of a group such that neither it nor any higher one that is counted has a line. */
  public long nextGroup() {
    return nextGroup;
  }

  /**
   * Adds a line; it is in the file only after {@link #flush()}.
   *
   * @return the input's number, for the header {@link LedgerEntry#HEADER}
   */
  public long add(long group, int acceptances, Set<String> allowed) throws IOException {
    long seq = nextSeq++;
    if (group < CONTENT_GROUPS) {
      nextGroup = Math.max(nextGroup, group + 1);
    }
    lines.write(new LedgerEntry(seq, group, acceptances, allowed).toLine());
    lines.write('\n');
    return seq;
  }

  /**
   * Adds a line for a transaction of a source that is repeatable. Its group is made of its content:
   * one acceptance in all runs together. What an earlier run has in the ledger may be a duplicate.
   *
   * @return the input's number, as of {@link #add}
   */
  public long addRepeatable(Transaction transaction, int acceptances, Set<String> allowed)
      throws IOException {
    long digest = ByteBuffer.wrap(ContentHash.of(transaction).toBytes()).getLong();
    long group = CONTENT_GROUPS | (digest & (CONTENT_GROUPS - 1));
    if (!earlierContents.contains(group)) {
      return add(group, acceptances, allowed);
    }
    Set<String> again = new HashSet<>(allowed);
    again.add(RejectionReason.DUPLICATE_ID.name());
    return add(group, acceptances, again);
  }

  /** Hands all lines to the operating system: they survive the end of this process. */
  public void flush() throws IOException {
    lines.flush();
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }

  private void continueAfter(Path file) throws IOException {
    long wholeLines = 0;
    try (InputStream bytes = new BufferedInputStream(Files.newInputStream(file))) {
      for (byte[] line = line(bytes); line != null; line = line(bytes)) {
        LedgerEntry entry = LedgerEntry.parse(new String(line, StandardCharsets.UTF_8));
        nextSeq = Math.max(nextSeq, entry.seq() + 1);
        if (entry.group() < CONTENT_GROUPS) {
          nextGroup = Math.max(nextGroup, entry.group() + 1);
        } else {
          earlierContents.add(entry.group());
        }
        wholeLines += line.length + 1;
      }
    } catch (IllegalArgumentException e) {
      throw notALedger(file, e);
    }
    if (wholeLines == 0 && Files.size(file) > 0) {
      throw notALedger(file, null);
    }
    // A line without its end was not flushed whole, so its input was not sent.
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(wholeLines);
    }
  }

  /** The next line without its end, or null if there is none or it has no end. */
  private static byte[] line(InputStream bytes) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int next = bytes.read(); next >= 0; next = bytes.read()) {
      if (next == '\n') {
        return line.toByteArray();
      }
      line.write(next);
    }
    return null;
  }

  private static IllegalArgumentException notALedger(Path file, Exception cause) {
    return new IllegalArgumentException(
        file + " is not a ledger and is left as it is; name another file", cause);
  }
}
