package io.turnstile.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretFileTest {

  @TempDir private Path directory;

  private Path file(String text) throws IOException {
    return Files.writeString(directory.resolve("secret"), text);
  }

  @Test
  void whatEditorsAndPlatformsAddIsLeftOut() throws IOException {
    for (String written : new String[] {"päss word", "päss word\n", "\ufeffpäss word\r\n"}) {
      assertThat(SecretFile.read(file(written))).isEqualTo("päss word");
    }
    assertThat(SecretFile.read(file(" spaces belong to it \n"))).isEqualTo(" spaces belong to it ");
  }

  /** As {@code >} of Windows' shell writes it. */
  @ParameterizedTest
  @ValueSource(strings = {"UTF-16LE", "UTF-16BE"})
  void secretInUtf16IsTheSame(String charset) throws IOException {
    byte[] written = "\ufeffpäss word\r\n".getBytes(Charset.forName(charset));
    assertThat(SecretFile.read(Files.write(directory.resolve("secret"), written)))
        .isEqualTo("päss word");
  }

  /** With another character in place of one, the login would fail and nobody would see why. */
  @Test
  void noCharacterIsReplacedInSilence() throws IOException {
    Path latin1 =
        Files.write(directory.resolve("secret"), "päss".getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> SecretFile.read(latin1))
        .isInstanceOf(IOException.class)
        .hasMessage(latin1 + " is neither UTF-8 nor UTF-16 with a byte order mark");
  }

  @Test
  void emptyFileIsNoSecret() {
    assertThatThrownBy(() -> SecretFile.read(file("\ufeff\r\n")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is empty");
  }

  @Test
  void signingKeyMayHaveAByteOrderMark() throws IOException {
    Path key = directory.resolve("key.json");
    TokenSigner.generateKey(key, directory.resolve("jwks.json"));
    String json = Files.readString(key);
    assertThat(TokenSigner.readKey(file("\ufeff" + json + "\r\n")))
        .isEqualTo(TokenSigner.readKey(key));
  }
}
