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
    key = new ECKeyGenerator(Curve.P_256).keyID("key").generate();
    jwks = directory.resolve("jwks.json");
    Files.writeString(jwks, new JWKSet(key.toPublicJWK()).toString());
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
