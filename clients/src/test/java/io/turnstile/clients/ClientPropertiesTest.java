package io.turnstile.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientPropertiesTest {

  private static final String LINES =
      "security.protocol=SASL_SSL\r\nsasl.jaas.config=user=\"ä\" password=\"p=:#!\";\r\n";

  @TempDir private Path directory;

  /** As editors write it; the mark must not become part of the first name. */
  @ParameterizedTest
  @ValueSource(strings = {"UTF-8", "UTF-16LE", "UTF-16BE"})
  void byteOrderMarkIsNoPartOfTheFirstName(String charset) throws IOException {
    assertThat(read(("\ufeff" + LINES).getBytes(Charset.forName(charset))))
        .containsEntry("security.protocol", "SASL_SSL")
        .containsEntry("sasl.jaas.config", "user=\"ä\" password=\"p=:#!\";");
  }

  @Test
  void fileWithoutAMarkIsUtf8() throws IOException {
    assertThat(read(LINES.getBytes(StandardCharsets.UTF_8)))
        .containsEntry("sasl.jaas.config", "user=\"ä\" password=\"p=:#!\";");
  }

  @Test
  void emptyFileIsNoProperties() throws IOException {
    assertThat(read(new byte[0])).isEmpty();
  }

  /** A value may be a password. */
  @Test
  void otherEncodingIsSaidWithoutRepeatingIt() {
    assertThatThrownBy(() -> read(LINES.getBytes(StandardCharsets.ISO_8859_1)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is neither UTF-8 nor UTF-16")
        .message()
        .doesNotContain("password");
  }

  private Map<String, String> read(byte[] content) throws IOException {
    return ClientProperties.read(Files.write(directory.resolve("client.properties"), content));
  }
}
