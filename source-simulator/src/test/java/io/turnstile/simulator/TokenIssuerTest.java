package io.turnstile.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.crypto.factories.DefaultJWSVerifierFactory;
import com.nimbusds.jose.jwk.AsymmetricJWK;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class TokenIssuerTest {

  private static final Duration LIFETIME = Duration.ofMinutes(5);
  private static final Duration FAR = Duration.ofMinutes(5);

  private final SettableClock clock = new SettableClock();
  private final JWK key = ecKey();
  private final TokenIssuer issuer = new TokenIssuer(key, LIFETIME, clock);

  @TempDir private Path dir;

  @Test
  void validTokenProvesItsCustomerNow() throws Exception {
    SignedJWT token = SignedJWT.parse(issuer.token(TokenKind.VALID, "alice"));

    assertThat(verifies(token, key)).isTrue();
    assertThat(token.getHeader().getAlgorithm().getName()).isEqualTo("ES256");
    assertThat(token.getHeader().getKeyID()).isEqualTo("the-key");
    assertThat(token.getJWTClaimsSet().getSubject()).isEqualTo("alice");
    assertThat(token.getJWTClaimsSet().getNotBeforeTime()).isBeforeOrEqualTo(clock.instant());
    assertThat(token.getJWTClaimsSet().getExpirationTime())
        .isEqualTo(clock.instant().plus(LIFETIME));
  }

  @Test
  void wrongTimesAreFarFromTheEdge() throws Exception {
    assertThat(claims(TokenKind.EXPIRED).getExpirationTime()).isBefore(clock.instant().minus(FAR));
    assertThat(claims(TokenKind.NOT_YET_VALID).getNotBeforeTime())
        .isAfter(clock.instant().plus(FAR));
  }

  @Test
  void notYetValidTokenIsReplacedLongBeforeItBecomesValid() throws Exception {
    for (int minutes = 0; minutes < 180; minutes++) {
      assertThat(claims(TokenKind.NOT_YET_VALID).getNotBeforeTime())
          .isAfter(clock.instant().plus(FAR));
      clock.advance(Duration.ofMinutes(1));
    }
  }

  @Test
  void forgedTokenHasTheRightKeyIdAndTheWrongSignature() throws Exception {
    SignedJWT token = SignedJWT.parse(issuer.token(TokenKind.FORGED, "alice"));

    assertThat(token.getHeader().getKeyID()).isEqualTo("the-key");
    assertThat(token.getJWTClaimsSet().getSubject()).isEqualTo("alice");
    assertThat(verifies(token, key)).isFalse();
  }

  @Test
  void tokenOfAnUnknownKeyNamesIt() throws Exception {
    SignedJWT token = SignedJWT.parse(issuer.token(TokenKind.UNKNOWN_KEY, "alice"));

    assertThat(token.getHeader().getKeyID()).isNotEqualTo("the-key").isNotBlank();
    assertThat(token.getJWTClaimsSet().getSubject()).isEqualTo("alice");
    assertThat(verifies(token, key)).isFalse();
  }

  @Test
  void unsignedTokenSaysSo() throws Exception {
    assertThat(PlainJWT.parse(issuer.token(TokenKind.UNSIGNED, "alice")).getHeader().toString())
        .contains("\"alg\":\"none\"");
  }

  @Test
  void wrongSubjectIsSignedForSomebodyElse() throws Exception {
    SignedJWT token = SignedJWT.parse(issuer.token(TokenKind.WRONG_SUBJECT, "alice"));

    assertThat(verifies(token, key)).isTrue();
    assertThat(token.getJWTClaimsSet().getSubject()).isNotEqualTo("alice");
  }

  @Test
  void tokenIsUsedAgainUntilShortlyBeforeItExpires() throws Exception {
    Set<String> tokens = new HashSet<>();
    int minutes = 30;
    for (int second = 0; second < minutes * 60; second += 5) {
      String token = issuer.token(TokenKind.VALID, "alice");
      tokens.add(token);
      clock.advance(Duration.ofSeconds(5));
      assertThat(SignedJWT.parse(token).getJWTClaimsSet().getExpirationTime())
          .isAfter(clock.instant().plus(Duration.ofMinutes(1)));
    }

    assertThat(tokens).hasSizeBetween(minutes / 5, minutes * 4 / 5 + 1);
  }

  @Test
  void tokensIssuedTogetherAreNotRefreshedTogether() {
    int customers = 100;
    String[] first = new String[customers];
    for (int i = 0; i < customers; i++) {
      first[i] = issuer.token(TokenKind.VALID, Catalog.customerId(i));
    }
    clock.advance(LIFETIME.dividedBy(2));

    int refreshed = 0;
    for (int i = 0; i < customers; i++) {
      refreshed += issuer.token(TokenKind.VALID, Catalog.customerId(i)).equals(first[i]) ? 0 : 1;
    }
    assertThat(refreshed).isBetween(customers / 5, customers * 4 / 5);
  }

  @Test
  void generatedFilesFitTogetherAndOnlyOneIsSecret() throws Exception {
    TokenIssuer.generate(dir.resolve("key.json"), dir.resolve("jwks.json"));
    String token = TokenIssuer.load(dir.resolve("key.json")).token(TokenKind.VALID, "alice");
    JWKSet published = JWKSet.load(dir.resolve("jwks.json").toFile());

    SignedJWT signed = SignedJWT.parse(token);
    JWK publicKey = published.getKeyByKeyId(signed.getHeader().getKeyID());
    assertThat(verifies(signed, publicKey)).isTrue();
    assertThat(published.containsNonPublicKeys()).isFalse();
    assertThat(Files.readString(dir.resolve("jwks.json"))).doesNotContain("\"d\"");
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void signingKeyIsForItsOwnerOnly() throws IOException {
    TokenIssuer.generate(dir.resolve("key.json"), dir.resolve("jwks.json"));

    assertThat(Files.getPosixFilePermissions(dir.resolve("key.json")))
        .containsExactlyInAnyOrder(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
  }

  @Test
  void existingKeyIsNeverOverwritten() throws IOException {
    TokenIssuer.generate(dir.resolve("key.json"), dir.resolve("jwks.json"));
    String before = Files.readString(dir.resolve("key.json"));

    assertThatThrownBy(
            () -> TokenIssuer.generate(dir.resolve("key.json"), dir.resolve("other.json")))
        .isInstanceOf(FileAlreadyExistsException.class);
    assertThat(Files.readString(dir.resolve("key.json"))).isEqualTo(before);
  }

  @Test
  void rsaKeySignsToo() throws Exception {
    JWK rsa = new RSAKeyGenerator(2048).keyID("rsa").generate();
    SignedJWT token =
        SignedJWT.parse(new TokenIssuer(rsa, LIFETIME, clock).token(TokenKind.VALID, "alice"));

    assertThat(token.getHeader().getAlgorithm().getName()).isEqualTo("RS256");
    assertThat(verifies(token, rsa)).isTrue();
  }

  @Test
  void fileWithoutPrivateKeyIsRefusedWithoutShowingIt() throws IOException {
    Path file = dir.resolve("key.json");
    Files.writeString(file, "hunter2");
    assertThatThrownBy(() -> TokenIssuer.load(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("key.json")
        .hasMessageNotContaining("hunter2");

    Files.writeString(file, key.toPublicJWK().toJSONString());
    assertThatThrownBy(() -> TokenIssuer.load(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("private");
  }

  private JWTClaimsSet claims(TokenKind kind) throws ParseException {
    return SignedJWT.parse(issuer.token(kind, "alice")).getJWTClaimsSet();
  }

  static boolean verifies(SignedJWT token, JWK key) throws JOSEException {
    return token.verify(
        new DefaultJWSVerifierFactory()
            .createJWSVerifier(token.getHeader(), ((AsymmetricJWK) key).toPublicKey()));
  }

  private static JWK ecKey() {
    try {
      return new ECKeyGenerator(Curve.P_256).keyID("the-key").generate();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  private static final class SettableClock extends Clock {

    private Instant now = Instant.ofEpochSecond(1_700_000_000);

    void advance(Duration by) {
      now = now.plus(by);
    }

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }
}
