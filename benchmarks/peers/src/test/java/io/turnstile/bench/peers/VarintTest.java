package io.turnstile.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VarintTest {

  @ParameterizedTest
  @CsvSource({
    "0, 1",
    "-1, 1",
    "63, 1",
    "64, 2",
    "-64, 1",
    "-65, 2",
    "10000000000, 5",
    "9223372036854775807, 10",
    "-9223372036854775808, 10"
  })
  void numberIsReadBackFromAsFewBytes(long number, int bytes) throws IOException {
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    Varint.write(number, new DataOutputStream(written));

    assertThat(written.size()).isEqualTo(bytes);
    assertThat(read(written.toByteArray())).isEqualTo(number);
  }

  @Test
  void numberWithoutEndIsRefused() {
    byte[] endless = new byte[11];
    Arrays.fill(endless, (byte) 0x80);
    assertThatThrownBy(() -> read(endless)).isInstanceOf(IOException.class);
  }

  private static long read(byte[] bytes) throws IOException {
    return Varint.read(new DataInputStream(new ByteArrayInputStream(bytes)));
  }
}
