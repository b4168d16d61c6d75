package io.turnstile.cli;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.sun.net.httpserver.HttpServer;
import io.turnstile.clients.CheckFailedException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code check --jwks} takes must be what the job takes. */
class PublishedKeysTest {

  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final ECKey KEY = key("k1");
  private static final String JWKS = jwks(KEY.toPublicJWK().toJSONString());

  @TempDir private Path directory;

  @Test
  void whatEditorsAndServersAddDoesNotMatter() throws IOException {
    String odd = jwks("{\"kty\":\"new\"}", "1", "{\"kid\":\"k1\"}", key("k2").toJSONString());
    String among = odd.replace("]", "," + KEY.toPublicJWK().toJSONString() + "]");
    for (byte[] content :
        new byte[][] {
          utf8(JWKS),
          utf8("\ufeff" + JWKS + "\r\n"),
          gzip(utf8(JWKS)),
          gzip(utf8("\ufeff" + JWKS)),
          utf8(among)
        }) {
      assertThatCode(() -> check(content, KEY)).doesNotThrowAnyException();
    }
  }

  @Test
  void keyWithoutIdIsFoundByItself() throws Exception {
    ECKey nameless = new ECKey.Builder(KEY).keyID(null).build();
    assertThatCode(() -> check(utf8(JWKS), nameless)).doesNotThrowAnyException();
    assertThatThrownBy(() -> check(utf8(jwks(key("k2").toJSONString())), nameless))
        .hasMessage("the JWKS has no key like it");
  }

  @Test
  void keyThatTheJobWouldNotFindFails() {
    assertThatThrownBy(() -> check(utf8(JWKS), new ECKey.Builder(KEY).keyID("k9").build()))
        .isInstanceOf(CheckFailedException.class)
        .hasMessage("the JWKS has no key k9");
    assertThatThrownBy(() -> check(utf8(JWKS), key("k1")))
        .hasMessage("the JWKS has another key k1");
    assertThatThrownBy(() -> check(utf8("{}"), KEY)).hasMessage("it is not a JWKS");
  }

  @Test
  void oversizedFileIsRefusedPackedOrNot() throws IOException {
    byte[] large = utf8(JWKS + " ".repeat(1 << 20));
    for (byte[] content : new byte[][] {large, gzip(large)}) {
      assertThatThrownBy(() -> check(content, KEY))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("is larger than 1048576 bytes");
    }
  }

  @Test
  void redirectIsNotFollowed() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          boolean there = exchange.getRequestURI().getPath().endsWith("/there");
          byte[] body = utf8(there ? "\ufeff" + JWKS : "");
          exchange.getResponseHeaders().add("Location", "https://idp.example/there");
          exchange.sendResponseHeaders(there ? 200 : 301, there ? body.length : -1);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    try {
      String url =
          "http://%s:%d/"
              .formatted(
                  server.getAddress().getAddress().getHostAddress(), server.getAddress().getPort());
      assertThatCode(() -> PublishedKeys.requireHolds(url + "there", KEY, TIMEOUT))
          .doesNotThrowAnyException();
      assertThatThrownBy(() -> PublishedKeys.requireHolds(url, KEY, TIMEOUT))
          .isInstanceOf(CheckFailedException.class)
          .hasMessage("the answer is HTTP 301, give its new address: https://idp.example/there");
    } finally {
      server.stop(0);
    }
  }

  private void check(byte[] content, ECKey key) throws IOException {
    Path file = Files.write(directory.resolve("jwks.json"), content);
    PublishedKeys.requireHolds(file.toString(), key, TIMEOUT);
  }

  private static ECKey key(String id) {
    try {
      return new ECKeyGenerator(Curve.P_256).keyID(id).generate();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String jwks(String... keys) {
    return Stream.of(keys).collect(Collectors.joining(",", "{\"keys\":[", "]}"));
  }

  private static byte[] gzip(byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(content);
    }
    return bytes.toByteArray();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
