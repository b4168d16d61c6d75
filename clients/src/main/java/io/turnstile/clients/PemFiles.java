package io.turnstile.clients;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/** TLS with certificates and keys in PEM files. No message repeats what is in a file. */
final class PemFiles {

  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \\1-----");

  private static final String CERTIFICATE = "CERTIFICATE";
  private static final String PRIVATE_KEY = "PRIVATE KEY";
  private static final List<String> KEY_ALGORITHMS = List.of("RSA", "EC", "EdDSA");
  private static final char[] NO_PASSWORD = {};

  private PemFiles() {}

  /**
   * The context for connections as a client.
   *
   * @param authorities certificates that the server's may be signed by; null for those of Java
   * @param chain the client's certificate, then those between it and its authority; null for none
   * @param key the private key of that certificate: PKCS#8, not encrypted; may be the same file
   * @throws IOException if a file cannot be read or does not hold what it should
   */
  static SSLContext context(Path authorities, Path chain, Path key) throws IOException {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          chain == null ? null : keys(chain, key),
          authorities == null ? null : trust(authorities),
          null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException("the certificates cannot be used: " + e.getMessage(), e);
    }
  }

  private static TrustManager[] trust(Path authorities)
      throws IOException, GeneralSecurityException {
    KeyStore store = emptyStore();
    for (Certificate certificate : certificates(authorities)) {
      store.setCertificateEntry("authority-" + store.size(), certificate);
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory.getTrustManagers();
  }

  private static KeyManager[] keys(Path chain, Path key)
      throws IOException, GeneralSecurityException {
    KeyStore store = emptyStore();
    store.setKeyEntry(
        "client", privateKey(key), NO_PASSWORD, certificates(chain).toArray(Certificate[]::new));
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, NO_PASSWORD);
    return factory.getKeyManagers();
  }

  private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  private static List<Certificate> certificates(Path file)
      throws IOException, GeneralSecurityException {
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    List<Certificate> certificates = new ArrayList<>();
    for (byte[] block : blocks(file, CERTIFICATE)) {
      certificates.add(factory.generateCertificate(new ByteArrayInputStream(block)));
    }
    if (certificates.isEmpty()) {
      throw new IOException(file + " holds no certificate in PEM (BEGIN CERTIFICATE)");
    }
    return certificates;
  }

  private static PrivateKey privateKey(Path file) throws IOException, GeneralSecurityException {
    List<byte[]> blocks = blocks(file, PRIVATE_KEY);
    if (blocks.isEmpty()) {
      throw new IOException(
          file
              + " holds no private key in PEM (BEGIN PRIVATE KEY); another form of key becomes one"
              + " with: openssl pkcs8 -topk8 -nocrypt -in OLD -out NEW");
    }
    for (String algorithm : KEY_ALGORITHMS) {
      try {
        return KeyFactory.getInstance(algorithm)
            .generatePrivate(new PKCS8EncodedKeySpec(blocks.get(0)));
      } catch (InvalidKeySpecException e) {
        // It is for another algorithm.
      }
    }
    throw new IOException(file + " holds a private key that is none of " + KEY_ALGORITHMS);
  }

  private static List<byte[]> blocks(Path file, String type) throws IOException {
    Matcher matcher = BLOCK.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
    List<byte[]> blocks = new ArrayList<>();
    while (matcher.find()) {
      if (matcher.group(1).equals(type)) {
        try {
          blocks.add(Base64.getMimeDecoder().decode(matcher.group(2)));
        } catch (IllegalArgumentException e) {
          // The cause's message may repeat the key.
          throw new IOException(file + " holds a block that is not Base64: " + type);
        }
      }
    }
    return blocks;
  }
}
