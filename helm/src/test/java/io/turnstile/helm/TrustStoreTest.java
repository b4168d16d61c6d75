package io.turnstile.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrustStoreTest {

  @TempDir private Path directory;

  private Path certificates;
  private Path store;

  @BeforeEach
  void makeDirectory() throws IOException {
    certificates = Files.createDirectory(directory.resolve("certificates"));
    store = directory.resolve("truststore.jks");
  }

  /** A certificate in PEM that signs itself, made by the JDK's own tool. */
  private String authority(String name) throws Exception {
    Path keys = directory.resolve(name + ".p12");
    keytool("-genkeypair", "-alias", "a", "-keyalg", "EC", "-dname", "CN=" + name, keys);
    return keytool("-exportcert", "-rfc", "-alias", "a", keys);
  }

  private static String keytool(Object... arguments) throws Exception {
    Object store = arguments[arguments.length - 1];
    Stream<String> common =
        Stream.of("-keystore", store.toString(), "-storetype", "PKCS12", "-storepass", "changeit");
    List<String> command =
        Stream.of(
                Stream.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString()),
                Arrays.stream(arguments).limit(arguments.length - 1).map(Object::toString),
                common)
            .flatMap(part -> part)
            .toList();
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }

  /** As Java does with a trust store that has no password of its own. */
  private static List<String> trusted(Path store) throws Exception {
    KeyStore keys = KeyStore.getInstance(KeyStore.getDefaultType());
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, null);
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(keys);
    return Arrays.stream(((X509TrustManager) factory.getTrustManagers()[0]).getAcceptedIssuers())
        .map(X509Certificate::getSubjectX500Principal)
        .map(Object::toString)
        .toList();
  }

  private static List<String> usual() throws Exception {
    return trusted(Path.of(System.getProperty("java.home"), "lib/security/cacerts"));
  }

  @Test
  void bundlesAndSingleFilesAreTrustedBesidesTheUsualAuthorities() throws Exception {
    Files.writeString(
        certificates.resolve("bundle.pem"),
        "# two of them\n" + authority("one") + authority("two"));
    Files.writeString(certificates.resolve("ca.crt"), authority("three"));
    // Of a secret with more than certificates, and as Kubernetes mounts it.
    Files.writeString(certificates.resolve("tls.key"), "-----BEGIN PRIVATE KEY-----");
    Files.createDirectory(certificates.resolve("..data"));
    Files.createDirectory(certificates.resolve("old.pem"));

    assertThat(TrustStore.write(certificates, store)).isEqualTo(3);

    assertThat(trusted(store))
        .contains("CN=one", "CN=two", "CN=three")
        .containsAll(usual())
        .hasSizeGreaterThan(3);
  }

  @Test
  void directoryWithoutCertificatesIsRefused() throws Exception {
    Files.writeString(certificates.resolve("authority.txt"), authority("one"));
    assertThatThrownBy(() -> TrustStore.write(certificates, store))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("*.pem")
        .hasMessageContaining(certificates.toString());
    assertThat(store).doesNotExist();
  }

  @Test
  void fileThatHoldsSomethingElseIsNamed() throws Exception {
    Files.writeString(certificates.resolve("ca.pem"), "-----BEGIN CERTIFICATE-----\nnonsense\n");
    assertThatThrownBy(() -> TrustStore.write(certificates, store))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("ca.pem does not hold certificates");
  }
}
