package io.turnstile.job.harness;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import io.turnstile.decision.token.TokenSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import java.util.Set;

/** Signs tokens with a key of its own. */
public final class TokenIssuer {

  private final ECKey key;
  private final Path jwks;

  /**
   * @param directory where the JWKS is written to
   */
  public TokenIssuer(Path directory) throws IOException, JOSEException {
    this(directory, "key");
  }

  /**
   * @param directory where the JWKS is written to
   */
  public TokenIssuer(Path directory, String keyId) throws IOException, JOSEException {
    key = new ECKeyGenerator(Curve.P_256).keyID(keyId).generate();
    jwks = directory.resolve("jwks.json");
    publish();
  }

  /** Writes the JWKS, in place of another's if the directory is the same. */
  public void publish() throws IOException {
    Path written =
        Files.writeString(jwks.resolveSibling("new"), new JWKSet(key.toPublicJWK()).toString());
    Files.move(written, jwks, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Removes the JWKS: it cannot be read any more. */
  public void withdraw() throws IOException {
    Files.delete(jwks);
  }

  /** Trusts this issuer; no clock skew. */
  public TokenSettings settings() {
    return new TokenSettings(
        jwks.toString(), Set.of("ES256"), 100, Duration.ZERO, Duration.ofMinutes(5));
  }

  /**
   * A token.
   *
   * @param expiresAt epoch milliseconds, full seconds
   */
  public String token(String subject, long expiresAt) throws JOSEException {
    JWSObject jws =
        new JWSObject(
            new JWSHeader.Builder(JWSAlgorithm.ES256).keyID(key.getKeyID()).build(),
            new Payload(Map.of("sub", subject, "exp", expiresAt / 1_000)));
    jws.sign(new ECDSASigner(key));
    return jws.serialize();
  }
}
