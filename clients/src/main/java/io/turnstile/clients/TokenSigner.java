package io.turnstile.clients;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.factories.DefaultJWSSignerFactory;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyType;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
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
  private final TokenClaims claims;

  /**
   * @param signingKey a private key: P-256 (ES256) or RSA (RS256, unless the key names another
   *     algorithm)
   * @param lifetime from issue to expiry
   * @param claims what every token says besides
   * @throws IllegalArgumentException if that key cannot sign
   */
  public TokenSigner(JWK signingKey, Duration lifetime, TokenClaims claims) {
    if (!signingKey.isPrivate()) {
      throw new IllegalArgumentException("the signing key has no private part");
    }
    this.lifetime = lifetime;
    this.claims = claims;
    try {
      JWSAlgorithm algorithm = algorithm(signingKey);
      header =
          new JWSHeader.Builder(algorithm)
              .keyID(signingKey.getKeyID())
              .type(claims.type() == null ? null : new JOSEObjectType(claims.type()))
              .build();
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
      return JWK.parse(SecretFile.read(file));
    } catch (ParseException e) {
      // The message of the cause may repeat the key.
      throw new IllegalArgumentException(file + " holds no JWK in JSON");
    }
  }

  /**
   * Makes a new ES256 key: the private JWK goes to one file, readable by its owner only, and a JWKS
   * with the public key to the other.
   *
   * @throws IOException if a file cannot be written or exists already
   */
  public static JWK generateKey(Path signingKey, Path jwks) throws IOException {
    ECKey key;
    try {
      key =
          new ECKeyGenerator(Curve.P_256)
              .algorithm(JWSAlgorithm.ES256)
              .keyUse(KeyUse.SIGNATURE)
              .keyIDFromThumbprint(true)
              .generate();
    } catch (JOSEException e) {
      throw new IllegalStateException("every Java platform has P-256", e);
    }
    createPrivate(signingKey);
    Files.writeString(signingKey, key.toJSONString());
    Files.writeString(
        jwks, new JWKSet(key.toPublicJWK()).toString(), StandardOpenOption.CREATE_NEW);
    return key;
  }

  private static void createPrivate(Path file) throws IOException {
    if (FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    } else {
      Files.createFile(file);
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
        .issuer(claims.issuer())
        .audience(claims.audience())
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
