package io.turnstile.feeds.config;

import static java.util.Objects.requireNonNullElse;

import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;

/**
 * A CSV file whose first line names the columns.
 *
 * @param file path
 * @param delimiter of columns
 * @param charset of the file
 * @param pageSize records published together
 */
public record CsvFile(String file, String delimiter, String charset, Integer pageSize) {

  private static final int PAGE_SIZE = 500;

  /** What is null becomes the default: a comma, UTF-8, 500. */
  public CsvFile {
    delimiter = requireNonNullElse(delimiter, ",");
    charset = requireNonNullElse(charset, StandardCharsets.UTF_8.name());
    pageSize = requireNonNullElse(pageSize, PAGE_SIZE);
    try {
      Charset.forName(charset);
    } catch (IllegalCharsetNameException | UnsupportedCharsetException e) {
      throw new IllegalArgumentException("there is no charset " + charset, e);
    }
  }
}
