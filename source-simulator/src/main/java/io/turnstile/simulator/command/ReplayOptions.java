package io.turnstile.simulator.command;

import io.turnstile.simulator.Replay;
import io.turnstile.simulator.ReplayHints;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Options of every command that replays a file: answers to what the file may leave open. */
public final class ReplayOptions {

  @Option(
      names = "--charset",
      paramLabel = "NAME",
      description = {
        "The file's encoding, for instance windows-1252",
        "(default: by its byte order mark, else UTF-8; other bytes are refused)."
      })
  private Charset charset;

  @Option(
      names = "--date-format",
      paramLabel = "PATTERN",
      description = {
        "The order of its dates: d/M/yyyy, M/d/yyyy, dd.MM.yy and so on; a time may follow",
        "(default: the one order in which all dates of the file can be read)."
      })
  private String dateFormat;

  @Option(
      names = "--decimal-separator",
      paramLabel = "CHAR",
      description = {
        "'.' or ',' in its prices and quantities",
        "(default: the one with which all numbers of the file can be read)."
      })
  private Character decimalSeparator;

  /**
   * Opens a file; versions of products and customers rise from now.
   *
   * @throws IOException if it cannot be read or understood
   * @throws IllegalArgumentException if its layout is another, or has to be given; the message is
   *     one line for the user
   */
  public Replay open(Path file) throws IOException {
    return new Replay(
        file, System.currentTimeMillis(), new ReplayHints(charset, dateFormat, decimalSeparator));
  }

  /** True if one of the options was given. */
  public boolean isGiven() {
    return charset != null || dateFormat != null || decimalSeparator != null;
  }
}
