package io.turnstile.feeds.source.csv;

import java.io.FilterReader;
import java.io.IOException;
import java.io.Reader;

/** Reads so many characters for a record at most, give or take a buffer. Not thread-safe. */
final class BoundedReader extends FilterReader {

  /** A record is longer. */
  static final class TooLongException extends IOException {
    private TooLongException(int limit) {
      super("a record has more than " + limit + " characters: is a quote not closed?");
    }
  }

  private final int limit;
  private long read;

  BoundedReader(Reader reader, int limit) {
    super(reader);
    this.limit = limit;
  }

  /** Another record begins. */
  void next() {
    read = 0;
  }

  @Override
  public int read() throws IOException {
    int each = super.read();
    count(1);
    return each;
  }

  @Override
  public int read(char[] buffer, int offset, int length) throws IOException {
    int count = super.read(buffer, offset, length);
    count(count);
    return count;
  }

  private void count(int characters) throws IOException {
    read += characters;
    if (read > limit) {
      throw new TooLongException(limit);
    }
  }
}
