package io.turnstile.clients;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;

/** Text as editors and shells write it. */
final class TextFile {

  private static final String BYTE_ORDER_MARK = "\ufeff";

  private TextFile() {}

  /**
   * Reads a file: UTF-8, or UTF-16 with a byte order mark, as Windows' shells write it. The mark is
   * no part of the text, and no byte is replaced in silence.
   *
   * @throws IOException if it cannot be read, or is in another encoding; the message never repeats
   *     what is in it
   */
  static String read(Path file) throws IOException {
    byte[] bytes = bytes(file);
    try {
      String text = charset(bytes).newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
    } catch (CharacterCodingException e) {
      throw new IOException(file + " is neither UTF-8 nor UTF-16 with a byte order mark", e);
    }
  }

  private static byte[] bytes(Path file) throws IOException {
    try {
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      // A relative name is relative to where the program runs, which the user may not think of.
      throw (IOException) new NoSuchFileException(file.toAbsolutePath().toString()).initCause(e);
    }
  }

  private static Charset charset(byte[] bytes) {
    byte[] mark = Arrays.copyOf(bytes, 2);
    return Arrays.equals(mark, new byte[] {(byte) 0xfe, (byte) 0xff})
            || Arrays.equals(mark, new byte[] {(byte) 0xff, (byte) 0xfe})
        ? StandardCharsets.UTF_16
        : StandardCharsets.UTF_8;
  }
}
