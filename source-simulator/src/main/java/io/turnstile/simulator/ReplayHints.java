package io.turnstile.simulator;

import java.nio.charset.Charset;

/**
 * Answers to what a file to replay may leave open. Each is null where the file shall answer itself.
 *
 * @param charset the file's encoding
 * @param dateFormat the pattern of its dates, in the letters of {@link
 *     java.time.format.DateTimeFormatter}; one without an hour takes any usual time behind the date
 * @param decimalSeparator {@code .} or {@code ,}
 */
public record ReplayHints(Charset charset, String dateFormat, Character decimalSeparator) {

  /** The file answers everything. */
  public static final ReplayHints NONE = new ReplayHints(null, null, null);

  /**
   * @throws IllegalArgumentException if the decimal separator is another character
   */
  public ReplayHints {
    if (decimalSeparator != null && decimalSeparator != '.' && decimalSeparator != ',') {
      throw new IllegalArgumentException(
          "--decimal-separator is '.' or ',', not '" + decimalSeparator + "'");
    }
  }
}
