package io.turnstile.helm;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Makes a trust store of the authorities that Java trusts anyway and those of a directory. */
public final class TrustStore {

  private static final Path USUAL =
      Path.of(System.getProperty("java.home"), "lib", "security", "cacerts");

  /** Java's own for its trust store; who opens ours without one gets the certificates too. */
  private static final char[] PASSWORD = "changeit".toCharArray();

  /** A secret may have keys beside its certificates. */
  private static final Pattern CERTIFICATES = Pattern.compile("[^.].*\\.(pem|crt|cer)");

  private TrustStore() {}

  /**
   * Runs in a pod, before what needs the trust store.
   *
   * @param args the directory with certificates and the file to write
   */
  public static void main(String[] args) {
    if (args.length != 2) {
      System.err.println("usage: trust-certificates DIRECTORY TRUST_STORE");
      System.exit(2);
    }
    try {
      int added = write(Path.of(args[0]), Path.of(args[1]));
      System.out.println("certificates trusted besides the usual ones: " + added);
    } catch (IOException | GeneralSecurityException e) {
      System.err.println("trust-certificates: " + e.getMessage());
      System.exit(1);
    }
  }

  /**
   * Adds the certificates of the files {@code *.pem}, {@code *.crt} and {@code *.cer} to the usual
   * ones.
   *
   * @return how many were added
   * @throws IOException if there is none, or a file holds something else; names it
   */
  static int write(Path directory, Path target) throws IOException, GeneralSecurityException {
    // Not PKCS12, which hides certificates from who opens it without a password, as Java does.
    KeyStore store = KeyStore.getInstance("JKS");
    store.load(null, PASSWORD);
    KeyStore usual = KeyStore.getInstance(USUAL.toFile(), PASSWORD);
    for (String alias : Collections.list(usual.aliases())) {
      store.setCertificateEntry(alias, usual.getCertificate(alias));
    }
    int before = store.size();
    for (Path file : files(directory)) {
      for (Certificate certificate : read(file)) {
        store.setCertificateEntry("turnstile-" + store.size(), certificate);
      }
    }
    int added = store.size() - before;
    if (added == 0) {
      throw new IOException("no certificate in the files *.pem, *.crt and *.cer of " + directory);
    }
    try (OutputStream out = Files.newOutputStream(target)) {
      store.store(out, PASSWORD);
    }
    return added;
  }

  private static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> CERTIFICATES.matcher(file.getFileName().toString()).matches())
          .filter(Files::isRegularFile)
          .sorted()
          .toList();
    }
  }

  /**
   * Reads all certificates of a file.
   *
   * @throws IOException if it holds something else; names it
   */
  static Collection<? extends Certificate> read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return CertificateFactory.getInstance("X.509").generateCertificates(in);
    } catch (CertificateException e) {
      throw new IOException(file + " does not hold certificates: " + e.getMessage(), e);
    }
  }
}
