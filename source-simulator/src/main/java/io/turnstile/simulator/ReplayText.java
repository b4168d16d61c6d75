package io.turnstile.simulator;

import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * A file's text in its encoding; gzip is recognised and decompressed. A byte that is not of the
 * encoding is an error, never replaced. Immutable.
 */
final class ReplayText {

  private static final char BYTE_ORDER_MARK = '\uFEFF';
  private static final byte[] ZIP = {'P', 'K', 3, 4};
  private static final int BUFFER = 1 << 16;
  private static final int LONGEST_SHOWN = 100;

  private final Path file;
  private final Charset charset;

  /**
   * Finds the encoding: the given one; else that of the byte order mark or of the zero bytes of
   * UTF-16; else UTF-8. Reads the whole file to be sure of it.
   *
   * @param given null if it is not known
   * @throws IllegalArgumentException if the file has other bytes than its encoding allows; the
   *     message names the first of them, and the option that helps
   */
  ReplayText(Path file, Charset given) throws IOException {
    this.file = file;
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new IllegalArgumentException(
          file + " is not a file that can be read twice: the layout is looked for first");
    }
    byte[] start;
    try (InputStream bytes = bytes()) {
      start = bytes.readNBytes(4);
    } catch (EOFException | ZipException e) {
      throw damaged(e);
    }
    if (Arrays.equals(start, ZIP)) {
      throw new IllegalArgumentException(
          file + " is a ZIP archive or a spreadsheet; save its sheet as CSV first");
    }
    Charset marked = marked(start);
    if (given != null && marked != null && !isOf(marked, given)) {
      throw new IllegalArgumentException(
          file + " begins with the byte order mark of " + marked + ", but --charset is " + given);
    }
    if (marked != null) {
      charset = marked;
    } else {
      charset = given != null ? given : unmarked(start);
    }
    try (Reader reader = open()) {
      reader.transferTo(Writer.nullWriter());
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(complaint(), e);
    } catch (IOException e) {
      throw damaged(e);
    }
  }

  /** An early end has no message of its own. */
  private IOException damaged(IOException e) {
    String what = e.getMessage() == null ? "it ends too early" : e.getMessage();
    return new IOException(file + " cannot be read to its end: " + what, e);
  }

  /** The text from its start, without a byte order mark. */
  BufferedReader open() throws IOException {
    InputStream bytes = bytes();
    try {
      BufferedReader reader =
          new BufferedReader(
              new InputStreamReader(
                  bytes,
                  charset
                      .newDecoder()
                      .onMalformedInput(CodingErrorAction.REPORT)
                      .onUnmappableCharacter(CodingErrorAction.REPORT)),
              BUFFER);
      reader.mark(1);
      if (reader.read() != BYTE_ORDER_MARK) {
        reader.reset();
      }
      return reader;
    } catch (IOException e) {
      bytes.close();
      throw e;
    }
  }

  private InputStream bytes() throws IOException {
    InputStream raw = new BufferedInputStream(Files.newInputStream(file), BUFFER);
    try {
      raw.mark(2);
      boolean gzip = raw.read() == 0x1f && raw.read() == 0x8b;
      raw.reset();
      return gzip ? new GZIPInputStream(raw, BUFFER) : raw;
    } catch (IOException e) {
      raw.close();
      throw e;
    }
  }

  private static Charset marked(byte[] start) {
    if (startsWith(start, 0xEF, 0xBB, 0xBF)) {
      return StandardCharsets.UTF_8;
    }
    if (startsWith(start, 0xFF, 0xFE)) {
      return StandardCharsets.UTF_16LE;
    }
    return startsWith(start, 0xFE, 0xFF) ? StandardCharsets.UTF_16BE : null;
  }

  /** The header begins with a letter or a quote: a zero byte beside it is half of a character. */
  private static Charset unmarked(byte[] start) {
    if (start.length > 1 && start[1] == 0 && start[0] != 0) {
      return StandardCharsets.UTF_16LE;
    }
    return start.length > 1 && start[0] == 0 && start[1] != 0
        ? StandardCharsets.UTF_16BE
        : StandardCharsets.UTF_8;
  }

  private static boolean startsWith(byte[] start, int... expected) {
    for (int i = 0; i < expected.length; i++) {
      if (start.length <= i || Byte.toUnsignedInt(start[i]) != expected[i]) {
        return false;
      }
    }
    return true;
  }

  private static boolean isOf(Charset marked, Charset given) {
    return marked.equals(given)
        || (given.equals(StandardCharsets.UTF_16) && marked.name().startsWith("UTF-16"));
  }

  /** Names the first value that is not of the encoding. */
  private String complaint() throws IOException {
    String help = "name the file's encoding with --charset, for instance windows-1252";
    // In this encoding each byte is a character, so lines and values can be cut before they can
    // be read; not in encodings of two bytes a character.
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(bytes(), StandardCharsets.ISO_8859_1))) {
      long number = 1;
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        for (String value : line.split("[,;\t|\"]", -1)) {
          if (!charset.name().startsWith("UTF-16") && !isReadable(value)) {
            return "%s, line %d: '%s' is not %s; %s"
                .formatted(file, number, printable(escaped(value)), charset, help);
          }
        }
        number++;
      }
    }
    return file + " is not " + charset + "; " + help;
  }

  /** A value for a message, in quotation marks: bounded, on one line. */
  static String quoted(String value) {
    return "'" + printable(value) + "'";
  }

  /** The same without quotation marks. */
  static String printable(String value) {
    String start = value.length() > LONGEST_SHOWN ? value.substring(0, LONGEST_SHOWN) + "…" : value;
    return start.replaceAll("[\\p{C}\\p{Zl}\\p{Zp}]", "?");
  }

  private boolean isReadable(String bytes) {
    try {
      charset.newDecoder().decode(ByteBuffer.wrap(bytes.getBytes(StandardCharsets.ISO_8859_1)));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  private static String escaped(String bytes) {
    StringBuilder text = new StringBuilder();
    bytes
        .chars()
        .forEach(c -> text.append(c < 0x80 ? Character.toString(c) : "\\x%02X".formatted(c)));
    return text.toString();
  }
}
