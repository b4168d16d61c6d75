package io.turnstile.clients;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.factories.DefaultJWSSignerFactory;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.KeyType;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/** Signs customers' tokens: JWTs with the customer as subject. Thread-safe. */
public final class TokenSigner {

  private final JWSHeader header;
  private final JWSSigner signer;
  private final Duration lifetime;

  /**
   * @param signingKey a private key: P-256 (ES256) or RSA (RS256, unless the key names another
   *     algorithm)
   * @param lifetime from issue to expiry
   * @throws IllegalArgumentException if that key cannot sign
   */
  public TokenSigner(JWK signingKey, Duration lifetime) {
    if (!signingKey.isPrivate()) {
      throw new IllegalArgumentException("the signing key has no private part");
    }
    this.lifetime = lifetime;
    try {
      JWSAlgorithm algorithm = algorithm(signingKey);
      header = new JWSHeader.Builder(algorithm).keyID(signingKey.getKeyID()).build();
      DefaultJWSSignerFactory signers = new DefaultJWSSignerFactory();
      // Signs several times as fast as the JDK 17's own.
      signers.getJCAContext().setProvider(new BouncyCastleProvider());
      signer = signers.createJWSSigner(signingKey, algorithm);
    } catch (JOSEException e) {
      throw new IllegalArgumentException("the signing key cannot sign: " + e.getMessage(), e);
    }
  }

  /**
   * Reads a private JWK.
   *
   * @throws IOException if the file cannot be read
   * @throws IllegalArgumentException if it holds no JWK
   */
  public static JWK readKey(Path file) throws IOException {
    try {
      return JWK.parse(Files.readString(file));
    } catch (ParseException e) {
      // The message of the cause may repeat the key.
      throw new IllegalArgumentException(file + " holds no JWK in JSON");
    }
  }

  /** A token for the subject, valid from this time until a lifetime later. */
  public String sign(String subject, Instant issuedAt) {
    SignedJWT token = new SignedJWT(header, claims(subject, issuedAt));
    try {
      token.sign(signer);
    } catch (JOSEException e) {
      throw new IllegalStateException("cannot sign a token", e);
    }
    return token.serialize();
  }

  /** The claims of such a token. */
  public JWTClaimsSet claims(String subject, Instant issuedAt) {
    return new JWTClaimsSet.Builder()
        .subject(subject)
        .issueTime(Date.from(issuedAt))
        .notBeforeTime(Date.from(issuedAt))
        .expirationTime(Date.from(issuedAt.plus(lifetime)))
        .build();
  }

  /** From a token's issue to its expiry. */
  public Duration lifetime() {
    return lifetime;
  }

  private static JWSAlgorithm algorithm(JWK key) {
    if (key.getAlgorithm() != null) {
      return JWSAlgorithm.parse(key.getAlgorithm().getName());
    }
    return KeyType.RSA.equals(key.getKeyType()) ? JWSAlgorithm.RS256 : JWSAlgorithm.ES256;
  }
}
