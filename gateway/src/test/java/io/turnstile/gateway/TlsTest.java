package io.turnstile.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.gateway.http.HttpSettings;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TlsTest {

  private static final char[] PASSWORD = "changeit".toCharArray();

  @RegisterExtension private final GatewayExtension gateway = new GatewayExtension();

  @TempDir private Path directory;

  /** A key whose certificate it has signed itself: it is its own authority. */
  private KeyStore makeKey() throws Exception {
    Path file = directory.resolve("server.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keystore",
                file.toString(),
                "-storepass",
                new String(PASSWORD),
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-dname",
                "CN=server",
                "-ext",
                "SAN=IP:127.0.0.1")
            .redirectErrorStream(true)
            .start();
    String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(keytool.waitFor()).as(output).isZero();
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      store.load(in, PASSWORD);
    }
    return store;
  }

  private static String pem(String type, byte[] der) {
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
        .formatted(type, Base64.getMimeEncoder().encodeToString(der), type);
  }

  private SSLContext start(KeyStore store) throws Exception {
    gateway.start(
        http ->
            http.tls(
                new HttpSettings.Tls(
                    pem("CERTIFICATE", certificate(store)), pem("PRIVATE KEY", key(store)))),
        settings -> {});
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext client = SSLContext.getInstance("TLS");
    client.init(null, trust.getTrustManagers(), null);
    return client;
  }

  private static byte[] certificate(KeyStore store) {
    try {
      return store.getCertificate("server").getEncoded();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] key(KeyStore store) {
    try {
      return store.getKey("server", PASSWORD).getEncoded();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void answersOverTls(String protocol) throws Exception {
    SSLContext client = start(trusting(makeKey()));
    try (SSLSocket socket =
        (SSLSocket) client.getSocketFactory().createSocket("127.0.0.1", gateway.gateway().port())) {
      socket.setEnabledProtocols(new String[] {protocol});
      socket
          .getOutputStream()
          .write(
              "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      assertThat(answer).startsWith("HTTP/1.1 200 ").endsWith("alive");
    }
  }

  @Test
  void olderProtocolsAndPlainTextAreRefused() throws Exception {
    SSLContext client = start(trusting(makeKey()));
    int port = gateway.gateway().port();
    try (SSLSocket socket = (SSLSocket) client.getSocketFactory().createSocket("127.0.0.1", port)) {
      socket.setEnabledProtocols(new String[] {"TLSv1.1"});
      assertThatThrownBy(socket::startHandshake).isInstanceOf(SSLHandshakeException.class);
    }
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket
          .getOutputStream()
          .write("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      assertThat(readAll(socket)).doesNotContain("HTTP/1.1 200");
    }
  }

  private static String readAll(Socket socket) {
    try {
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return "";
    }
  }

  /** With the certificate as a trusted one, too. */
  private static KeyStore trusting(KeyStore store) throws Exception {
    store.setCertificateEntry("authority", store.getCertificate("server"));
    return store;
  }
}
