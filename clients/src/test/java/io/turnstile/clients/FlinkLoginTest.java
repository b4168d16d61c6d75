package io.turnstile.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParameterException;

/** Against a proxy that asks for a login, over HTTP and over TLS. */
class FlinkLoginTest {

  private static final String PASSWORD = "sécret: 1@%";
  private static final char[] STORE_PASSWORD = "changeit".toCharArray();

  @TempDir private static Path keys;

  @TempDir private Path directory;
  private HttpServer server;
  private final List<String> logins = new CopyOnWriteArrayList<>();

  @Command
  private static final class Client {
    @Mixin private FlinkOptions flink;
  }

  /** Keys with certificates that they have signed themselves: each is its own authority. */
  @BeforeAll
  static void makeKeys() throws Exception {
    makeKey("server", "RSA");
    makeKey("client", "EC");
  }

  private static void makeKey(String name, String algorithm) throws Exception {
    Path store = keys.resolve(name + ".p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keystore",
                store.toString(),
                "-storepass",
                new String(STORE_PASSWORD),
                "-alias",
                name,
                "-keyalg",
                algorithm,
                "-dname",
                "CN=" + name,
                "-ext",
                "SAN=IP:127.0.0.1")
            .redirectErrorStream(true)
            .start();
    String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(keytool.waitFor()).as(output).isZero();
    KeyStore made = store(name);
    write(name + ".crt", "CERTIFICATE", made.getCertificate(name).getEncoded());
    write(name + ".key", "PRIVATE KEY", made.getKey(name, STORE_PASSWORD).getEncoded());
  }

  private static KeyStore store(String name) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(keys.resolve(name + ".p12"))) {
      store.load(in, STORE_PASSWORD);
    }
    return store;
  }

  /** As a Windows editor writes it, with the text that openssl puts before a certificate. */
  private static void write(String file, String type, byte[] der) throws Exception {
    Files.writeString(
        keys.resolve(file),
        "\ufeffsubject=CN-1\r\n-----BEGIN %s-----\r\n%s\r\n-----END %s-----\r\n"
            .formatted(type, Base64.getMimeEncoder().encodeToString(der), type));
  }

  @AfterEach
  void stop() {
    if (server != null) {
      server.stop(0);
    }
  }

  /** Starts a proxy that lets in who sends this header, any if it is null. */
  private String start(HttpServer unstarted, String scheme, String wanted) throws Exception {
    server = unstarted;
    server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/shop/flink/",
        exchange -> {
          String login = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
          logins.add(login);
          boolean in = wanted == null || wanted.equals(login);
          byte[] body =
              (in ? "{\"flink-version\":\"2.2.1\"}" : "<html>").getBytes(StandardCharsets.US_ASCII);
          exchange.sendResponseHeaders(in ? 200 : 401, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.createContext(
        "/login/",
        exchange -> {
          logins.add("at the login page");
          exchange.getResponseHeaders().add("Location", "https://elsewhere.example/?state=s3cret");
          exchange.sendResponseHeaders(302, -1);
          exchange.close();
        });
    server.start();
    return scheme + "://127.0.0.1:" + server.getAddress().getPort() + "/shop/flink";
  }

  private String http(String wanted) throws Exception {
    return start(HttpServer.create(), "http", wanted);
  }

  private String https(boolean clientCertificate) throws Exception {
    KeyManagerFactory keyManagers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keyManagers.init(store("server"), STORE_PASSWORD);
    KeyStore clients = KeyStore.getInstance("PKCS12");
    clients.load(null, null);
    clients.setCertificateEntry("client", store("client").getCertificate("client"));
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(clients);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keyManagers.getKeyManagers(), trust.getTrustManagers(), null);
    HttpsServer https = HttpsServer.create();
    https.setHttpsConfigurator(
        new HttpsConfigurator(context) {
          @Override
          public void configure(HttpsParameters parameters) {
            SSLParameters tls = context.getDefaultSSLParameters();
            tls.setNeedClientAuth(clientCertificate);
            parameters.setSSLParameters(tls);
          }
        });
    return start(https, "https", null);
  }

  private static FlinkRest connect(String... arguments) {
    Client client = new Client();
    CommandLine command = new CommandLine(client);
    command.parseArgs(arguments);
    return client.flink.connect(command);
  }

  private static String key(String file) {
    return keys.resolve(file).toString();
  }

  private String file(String text) throws Exception {
    return Files.writeString(directory.resolve("secret"), text).toString();
  }

  private static String basic(String user, String password) {
    return "Basic "
        + Base64.getEncoder()
            .encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void passwordIsReadFromAFileThatEndsWithALine() throws Exception {
    String url = http(basic("ops", PASSWORD));
    FlinkRest flink =
        connect(
            "--flink",
            url,
            "--flink-user",
            "ops",
            "--flink-password-file",
            file(PASSWORD + "\r\n"));
    assertThat(flink.version()).isEqualTo("2.2.1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"s3cret-1\ns3cret-2\n", "s3cret\u0000s3cret", "s3cret\ts3cret", "s3cr\u00e9t"})
  void tokenThatIsNotOneLineIsRefusedAndNotPrinted(String token) throws Exception {
    String url = http(null);
    String file = file(token);
    assertThatThrownBy(() -> connect("--flink", url, "--flink-token-file", file))
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining(file + " is not one line of")
        .satisfies(e -> assertThat(printed(e)).doesNotContain("s3cr"));
  }

  /** As a platform replaces it. */
  @Test
  void tokenThatBecomesMoreThanOneLineIsNotPrinted() throws Exception {
    String url = http(null);
    FlinkRest flink = connect("--flink", url, "--flink-token-file", file("good"));
    String file = file("s3cret-1\ns3cret-2\n");
    assertThatThrownBy(flink::version)
        .isInstanceOf(FlinkRestException.class)
        .hasMessageContaining(file + " is not one line of")
        .satisfies(e -> assertThat(printed(e)).doesNotContain("s3cr"));
    assertThat(logins).isEmpty();
  }

  private static String printed(Throwable e) {
    StringWriter text = new StringWriter();
    e.printStackTrace(new PrintWriter(text, true));
    return text.toString();
  }

  @Test
  void passwordMayBeGivenItself() throws Exception {
    String url = http(basic("ops", PASSWORD));
    assertThat(
            connect("--flink", url, "--flink-user", "ops", "--flink-password", PASSWORD).version())
        .isEqualTo("2.2.1");
  }

  @Test
  void tokenIsReadAgainForEachRequest() throws Exception {
    String url = http(null);
    FlinkRest flink = connect("--flink", url, "--flink-token-file", file("first\n"));
    flink.version();
    file("second");
    flink.version();
    assertThat(logins).containsExactly("Bearer first", "Bearer second");
  }

  @Test
  void withoutALoginTheRefusalNamesTheOptions() throws Exception {
    String url = http(basic("ops", PASSWORD));
    FlinkRest flink = connect("--flink", url);
    assertThatThrownBy(flink::version)
        .isInstanceOf(FlinkRestException.class)
        .hasMessage(
            "GET /shop/flink/config: HTTP 401: log in with --flink-user, --flink-token-file or"
                + " --flink-certificate");
  }

  @Test
  void redirectIsNotFollowedWithTheLogin() throws Exception {
    String url = http(null).replace("/shop/flink", "/login");
    FlinkRest flink = connect("--flink", url, "--flink-token-file", file("t0ken"));
    assertThatThrownBy(flink::version)
        .isInstanceOf(FlinkRestException.class)
        .hasMessageContaining("HTTP 302 leads away from Flink")
        .hasMessageNotContaining("s3cret");
    assertThat(logins).containsExactly("at the login page");
  }

  @Test
  void ownAuthorityIsTrusted() throws Exception {
    String url = https(false);
    assertThat(connect("--flink", url, "--flink-ca", key("server.crt")).version())
        .isEqualTo("2.2.1");
    FlinkRest unknowing = connect("--flink", url);
    assertThatThrownBy(unknowing::version)
        .isInstanceOf(FlinkRestException.class)
        .hasMessageContaining("--flink-ca");
  }

  /** As an editor on Windows writes it. */
  @Test
  void authorityMayHaveAByteOrderMarkAndOtherLineEnds() throws Exception {
    String pem = Files.readString(Path.of(key("server.crt")));
    String url = https(false);
    String written = file("\ufeff" + pem.replace("\r", "").replace("\n", "\r\n"));
    assertThat(connect("--flink", url, "--flink-ca", written).version()).isEqualTo("2.2.1");
  }

  @Test
  void certificateLogsIn() throws Exception {
    String url = https(true);
    assertThat(
            connect(
                    "--flink",
                    url,
                    "--flink-ca",
                    key("server.crt"),
                    "--flink-certificate",
                    key("client.crt"),
                    "--flink-key",
                    key("client.key"))
                .version())
        .isEqualTo("2.2.1");
    FlinkRest anonymous = connect("--flink", url, "--flink-ca", key("server.crt"));
    assertThatThrownBy(anonymous::version).isInstanceOf(FlinkRestException.class);
  }

  @Test
  void secretInTheUrlIsRefusedAndNotRepeated() {
    for (String url :
        List.of("http://ops:s3cret@host/flink", "ops:s3cret@host", "http://ops:s3 cret@host")) {
      assertThatThrownBy(() -> connect("--flink", url))
          .isInstanceOf(ParameterException.class)
          .hasMessageContaining("--flink-password-file")
          .hasMessageNotContaining("cret");
    }
  }

  @Test
  void whatDoesNotGoTogetherIsRefused() throws Exception {
    String secret = file("s3cret");
    List<List<String>> wrong =
        List.of(
            List.of("--flink-user", "ops"),
            List.of("--flink-password", "s3cret"),
            List.of("--flink-password-file", secret),
            List.of("--flink-user", "o:ps", "--flink-password", "s3cret"),
            List.of(
                "--flink-user",
                "ops",
                "--flink-password",
                "s3cret",
                "--flink-password-file",
                secret),
            List.of(
                "--flink-user", "ops", "--flink-password", "s3cret", "--flink-token-file", secret),
            List.of("--flink-token-file", directory.resolve("none").toString()),
            List.of("--flink-token-file", Files.createFile(directory.resolve("empty")).toString()),
            List.of("--flink-ca", key("server.crt")),
            List.of("--flink", "https://host", "--flink-ca", secret),
            List.of("--flink", "https://host", "--flink-certificate", key("client.crt")),
            List.of(
                "--flink",
                "https://host",
                "--flink-certificate",
                key("client.crt"),
                "--flink-key",
                key("client.crt")));
    for (List<String> options : wrong) {
      List<String> all = new CopyOnWriteArrayList<>(options);
      if (!all.contains("--flink")) {
        all.addAll(List.of("--flink", "http://host"));
      }
      assertThatThrownBy(() -> connect(all.toArray(String[]::new)))
          .as(all.toString())
          .isInstanceOf(ParameterException.class)
          .hasMessageNotContaining("s3cret");
    }
  }

  @Test
  void argumentsAreShownWithoutThePassword() {
    assertThat(
            FlinkLoginOptions.withoutPassword(
                List.of("run", "--flink-password", "a", "--flink-password=b", "--out", "c")))
        .containsExactly("run", "--flink-password", "…", "--flink-password=…", "--out", "c");
  }
}
