package io.turnstile.decision.token;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.ObjectOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sources and contents of a JWKS. */
class JwksTest {

  private static final long NOW = 1_800_000_000_000L;
  private static final Duration READ = Duration.ofMillis(200);

  /** For what must come in time: a machine that is busy does not pause for as long. */
  private static final Duration AMPLE = Duration.ofSeconds(2);

  private static final String CLAIMS = "{\"sub\":\"c-1\",\"exp\":1800000300}";
  private static final ECKey KEY = Issuer.ecKey("k1");
  private static final String TOKEN = Issuer.es256(KEY, CLAIMS);

  @TempDir Path dir;

  @Test
  void jwksIsReadFromFile() throws IOException {
    assertVerifiesWith(write(Issuer.jwks(KEY)));
  }

  @Test
  void missingFileIsNamed() {
    String path = dir.resolve("none.json").toString();
    assertCannotOpen(path, "NoSuchFileException");
  }

  @Test
  void directoryIsNoJwks() {
    assertCannotOpen(dir.toString(), "cannot be used");
  }

  @Test
  void oversizedFileIsRefused() throws IOException {
    String jwks = Issuer.jwks(KEY);
    String padded = jwks + " ".repeat(JwksFetcher.MAX_BYTES - jwks.length());
    assertVerifiesWith(write(padded));
    assertCannotOpen(write(padded + " "), "larger than 1048576 bytes");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "null",
        "[]",
        "\"keys\"",
        "{}",
        "{\"keys\":null}",
        "{\"keys\":{}}",
        "{\"keys\":[7]}",
        "{\"keys\":[null]}",
        "not\njson"
      })
  void textThatIsNoJwksIsRefused(String text) throws IOException {
    assertCannotOpen(write(text), "it is not a JWKS");
  }

  @Test
  void deepNestingIsNoJwks() throws IOException {
    for (String text : new String[] {"[", "{\"keys\":[", "{\"keys\":"}) {
      assertThatIOException()
          .isThrownBy(
              () ->
                  TokenCheck.open(
                      settings(write(text.repeat(JwksFetcher.MAX_BYTES / 16)), "ES256")))
          .withMessageContaining("cannot be used");
    }
  }

  @Test
  void jwksWithoutKeyForTheAlgorithmsIsRefused() throws IOException {
    assertCannotOpen(write("{\"keys\":[]}"), "it holds no key for [ES256]");
    assertCannotOpen(write(Issuer.jwks(Issuer.rsaKey("r1"))), "it holds no key for [ES256]");
    assertCannotOpen(
        write(Issuer.jwks(Issuer.ecKey("p384", Curve.P_384))), "it holds no key for [ES256]");
    assertCannotOpen(
        write("{\"keys\":[{\"kty\":\"oct\",\"kid\":\"k1\",\"k\":\"c2VjcmV0\"}]}"),
        "it holds no key for [ES256]");
  }

  @Test
  void keysThatAreOddDoNotSpoilTheOthers() throws IOException {
    String good = KEY.toPublicJWK().toJSONString();
    String offCurve = good.replace(KEY.getX().toString(), KEY.getY().toString());
    assertVerifiesWith(
        write(
            "{\"keys\":[7,null,[],\"\",{},{\"kty\":\"new\"},{\"kty\":\"EC\"},{\"kty\":\"EC\",\"crv\":\"new\"},"
                + "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\"},"
                + offCurve
                + ","
                + good
                + "]}"));
  }

  @Test
  void publishedPrivateKeyWorksLikeItsPublicHalf() throws IOException {
    assertVerifiesWith(write("{\"keys\":[" + KEY.toJSONString() + "]}"));
  }

  @Test
  void shortRsaKeyIsNotUsed() throws IOException {
    // 1024 bits; only its length matters.
    String modulus = "_".repeat(170) + "8";
    Path file = dir.resolve("jwks.json");
    Files.writeString(
        file, "{\"keys\":[{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" + modulus + "\"}]}");
    assertThatIOException()
        .isThrownBy(() -> TokenCheck.open(settings(file.toString(), "RS256")))
        .withMessageContaining("it holds no key for [RS256]");
  }

  @Test
  void jwksIsReadOverHttpFromLoopback() throws IOException {
    HttpServer server = serve(200, Issuer.jwks(KEY));
    try {
      assertVerifiesWith(url(server));
    } finally {
      server.stop(0);
    }
  }

  @Test
  void statusOtherThanSuccessIsReported() throws IOException {
    HttpServer server = serve(503, "");
    try {
      assertCannotOpen(url(server), "503");
    } finally {
      server.stop(0);
    }
  }

  @Test
  void redirectIsNotFollowed() throws IOException {
    HttpServer target = serve(200, Issuer.jwks(KEY));
    HttpServer server = serve(302, "", url(target));
    try {
      assertCannotOpen(url(server), "302");
      assertCannotOpen(url(server), "give its new address: '" + url(target) + "'");
    } finally {
      server.stop(0);
      target.stop(0);
    }
  }

  @Test
  void oversizedAnswerIsRefused() throws IOException {
    HttpServer server = serve(200, Issuer.jwks(KEY) + " ".repeat(JwksFetcher.MAX_BYTES));
    try {
      assertCannotOpen(url(server), "limit");
    } finally {
      server.stop(0);
    }
  }

  @Test
  void gzipIsUnpackedThoughUnasked() throws IOException {
    HttpServer server = serve(exchange -> exchange.getResponseBody().write(gzip(Issuer.jwks(KEY))));
    try {
      assertVerifiesWith(url(server));
    } finally {
      server.stop(0);
    }
  }

  @Test
  void gzipIsBoundedUnpacked() throws IOException {
    byte[] bomb = gzip(Issuer.jwks(KEY) + " ".repeat(JwksFetcher.MAX_BYTES));
    assertThat(bomb).hasSizeLessThan(5_000);
    HttpServer server = serve(exchange -> exchange.getResponseBody().write(bomb));
    try {
      assertCannotOpen(url(server), "larger than 1048576 bytes");
    } finally {
      server.stop(0);
    }
  }

  @Test
  void brokenGzipIsReported() throws IOException {
    byte[] cut = Arrays.copyOf(gzip(Issuer.jwks(KEY)), 40);
    HttpServer server = serve(exchange -> exchange.getResponseBody().write(cut));
    try {
      assertCannotOpen(url(server), "EOFException");
    } finally {
      server.stop(0);
    }
  }

  @Test
  void byteOrderMarkIsSkipped() throws IOException {
    assertVerifiesWith(write("\ufeff" + Issuer.jwks(KEY)));
  }

  /** Each single byte comes within the time-out, the answer does not. */
  @Test
  void answerThatDripsIsGivenUp() throws IOException {
    CountDownLatch givenUp = new CountDownLatch(1);
    HttpServer server =
        serve(
            exchange -> {
              while (!await(givenUp, Duration.ofMillis(10))) {
                exchange.getResponseBody().write(' ');
                exchange.getResponseBody().flush();
              }
            });
    try {
      assertThatIOException()
          .isThrownBy(() -> TokenCheck.open(settings(url(server), AMPLE)))
          .withMessageContaining("longer than the read timeout");
    } finally {
      givenUp.countDown();
      server.stop(0);
    }
  }

  @Test
  void slowAnswerIsWaitedForUpToTheReadTimeout() throws IOException {
    AtomicReference<Duration> slow = new AtomicReference<>(READ.multipliedBy(2));
    CountDownLatch givenUp = new CountDownLatch(1);
    HttpServer server =
        serve(
            exchange -> {
              await(givenUp, slow.get());
              exchange.getResponseBody().write(Issuer.jwks(KEY).getBytes(UTF_8));
            });
    try {
      TokenCheck patient = TokenCheck.open(settings(url(server), Duration.ofMinutes(1)));
      assertThat(patient.check(TOKEN, "c-1", NOW)).isNull();
      slow.set(Duration.ofMinutes(1));
      assertThatIOException()
          .isThrownBy(() -> TokenCheck.open(settings(url(server), READ)))
          .withMessageContaining("Read timed out");
    } finally {
      givenUp.countDown();
      server.stop(0);
    }
  }

  @Test
  void savedJwksServesWhenTheServerIsGone() throws IOException {
    HttpServer server = serve(200, Issuer.jwks(KEY));
    TokenSettings settings = settings(url(server), "ES256");
    Jwks saved;
    try {
      saved = TokenCheck.open(settings).lastRead();
      assertThat(saved.location()).isEqualTo(url(server));
    } finally {
      server.stop(0);
    }
    TokenCheck restarted =
        TokenCheck.open(settings, saved, System::nanoTime, System::currentTimeMillis);
    assertThat(restarted.check(TOKEN, "c-1", NOW)).isNull();
    assertThat(restarted.lastRead()).isEqualTo(saved);
    assertCannotOpen(url(server), "ConnectException");
  }

  private static boolean await(CountDownLatch latch, Duration time) throws IOException {
    try {
      return latch.await(time.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      throw new InterruptedIOException();
    }
  }

  private static byte[] gzip(String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(text.getBytes(UTF_8));
    }
    return bytes.toByteArray();
  }

  /** Answers 200 with what the handler writes. */
  private static HttpServer serve(HttpHandler body) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/jwks",
        exchange -> {
          try (exchange) {
            exchange.sendResponseHeaders(200, 0);
            body.handle(exchange);
          }
        });
    server.start();
    return server;
  }

  @Test
  void refusedConnectionIsReported() throws IOException {
    HttpServer server = serve(200, "");
    String url = url(server);
    server.stop(0);
    assertCannotOpen(url, "refused");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://issuer.example/jwks",
        "http://127.0.0.1.issuer.example/jwks",
        "http://localhost@issuer.example/jwks",
        "ftp://localhost/jwks",
        "file:///etc/jwks.json",
        "s3://bucket/jwks",
        "https://"
      })
  void locationsThatAreNotSafeAreRefused(String location) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TokenCheck.open(settings(location, "ES256")))
        .withMessageContaining(location)
        .withMessageContaining("https");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"https://issuer.example/jwks", "http://localhost:1/jwks", "http://[::1]:1/jwks"})
  void locationsThatAreSafeAreTaken(String location) {
    assertThat(JwksFetcher.of(location, READ, READ).location()).isEqualTo(location);
  }

  @Test
  void settingsAreSerializable() throws IOException {
    new ObjectOutputStream(new ByteArrayOutputStream()).writeObject(settings("jwks.json", "ES256"));
  }

  private static HttpServer serve(int status, String body, String... location) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/jwks",
        exchange -> {
          try (exchange) {
            if (location.length > 0) {
              exchange.getResponseHeaders().add("Location", location[0]);
            }
            byte[] bytes = body.getBytes(UTF_8);
            exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
          }
        });
    server.start();
    return server;
  }

  private static String url(HttpServer server) {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/jwks";
  }

  private String write(String jwks) throws IOException {
    return Files.writeString(dir.resolve("jwks.json"), jwks).toString();
  }

  private static void assertVerifiesWith(String location) throws IOException {
    assertThat(TokenCheck.open(settings(location, "ES256")).check(TOKEN, "c-1", NOW)).isNull();
  }

  private static void assertCannotOpen(String location, String why) {
    assertThatIOException()
        .isThrownBy(() -> TokenCheck.open(settings(location, "ES256")))
        .withMessageContaining(location)
        .withMessageContaining(why)
        .withMessageNotContaining("\n");
  }

  private static TokenSettings settings(String jwks, Duration readTimeout) {
    return new TokenSettings(
        jwks,
        Set.of("ES256"),
        10,
        Duration.ofSeconds(30),
        Duration.ofMinutes(5),
        ExpectedClaims.ANY,
        TokenSettings.CONNECT_TIMEOUT,
        readTimeout,
        TokenSettings.JWKS_MAX_AGE);
  }

  private static TokenSettings settings(String jwks, String algorithm) {
    return new TokenSettings(
        jwks, Set.of(algorithm), 10, Duration.ofSeconds(30), Duration.ofMinutes(5));
  }
}
