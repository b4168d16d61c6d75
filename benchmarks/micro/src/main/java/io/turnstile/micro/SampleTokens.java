package io.turnstile.micro;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.factories.DefaultJWSSignerFactory;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.turnstile.decision.token.TokenCheck;
import io.turnstile.decision.token.TokenSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.Set;

/** Tokens of one key, and checks that trust it. */
final class SampleTokens {

  private static final int RSA_BITS = 2048;
  private static final Duration LIFETIME = Duration.ofHours(1);

  private final JWK key;
  private final JWSAlgorithm algorithm;
  private final JWSSigner signer;

  /**
   * @param algorithm {@code ES256} or {@code RS256}
   */
  SampleTokens(String algorithm) throws JOSEException {
    this.algorithm = JWSAlgorithm.parse(algorithm);
    key =
        algorithm.equals("RS256")
            ? new RSAKeyGenerator(RSA_BITS).keyID("key").generate()
            : new ECKeyGenerator(Curve.P_256).keyID("key").generate();
    signer = new DefaultJWSSignerFactory().createJWSSigner(key, this.algorithm);
  }

  /** The token of a customer, valid for an hour from {@link SampleRecords#START} on. */
  String token(String customerId) throws JOSEException {
    Instant issuedAt = Instant.ofEpochMilli(SampleRecords.START);
    SignedJWT token =
        new SignedJWT(
            new JWSHeader.Builder(algorithm).keyID(key.getKeyID()).build(),
            new JWTClaimsSet.Builder()
                .subject(customerId)
                .issueTime(Date.from(issuedAt))
                .notBeforeTime(Date.from(issuedAt))
                .expirationTime(Date.from(issuedAt.plus(LIFETIME)))
                .build());
    token.sign(signer);
    return token.serialize();
  }

  /** Checks such tokens, and remembers so many of them. */
  TokenCheck check(int cacheSize) throws IOException {
    Path jwks = Files.createTempFile("micro-benchmark-jwks", ".json");
    try {
      Files.writeString(jwks, new JWKSet(key.toPublicJWK()).toString());
      // Read once: it must not be fetched again.
      return TokenCheck.open(
          new TokenSettings(
              jwks.toString(),
              Set.of(algorithm.getName()),
              cacheSize,
              Duration.ofSeconds(30),
              Duration.ofDays(1)));
    } finally {
      Files.delete(jwks);
    }
  }
}
