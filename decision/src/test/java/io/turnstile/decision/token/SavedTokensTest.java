package io.turnstile.decision.token;

import static io.turnstile.decision.token.TokenResult.NoFault.PASSED;
import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.jwk.ECKey;
import io.turnstile.events.RejectionReason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Restarts with the tokens that verified before. */
class SavedTokensTest {

  private static final long NOW = 1_800_000_000_000L;
  private static final long EXP = 1_800_003_600_000L;
  private static final String CLAIMS =
      "{\"iss\":\"idp\",\"sub\":\"c-1\",\"nbf\":1799999000,\"exp\":1800003600}";
  private static final ECKey KEY = Issuer.ecKey("key");
  private static final ECKey OTHER = Issuer.ecKey("other");
  private static final String TOKEN = Issuer.es256(KEY, CLAIMS);

  private final FakeJwks jwks = new FakeJwks(Issuer.jwks(KEY, OTHER));

  @Test
  void tokenThatVerifiedBeforeTheRestartIsNotVerifiedAgain() throws IOException {
    TokenCheck check = restarted(savedAfter(TOKEN));

    assertThat(check.ask(TOKEN, "c-1", NOW)).isEqualTo(PASSED);
    assertThat(check.ask(TOKEN, "c-1", NOW)).isEqualTo(PASSED);

    assertThat(check.verifications()).isZero();
    assertThat(check.cacheHits()).isEqualTo(2);
    // The signature of a token that is like it has to be right, still.
    String forged = TOKEN.substring(0, TOKEN.length() - 4) + "AAAA";
    assertThat(reason(check.ask(forged, "c-1", NOW))).isEqualTo(RejectionReason.TOKEN_INVALID);
  }

  @Test
  void itsClaimsAreJudgedAsBefore() throws IOException {
    SavedTokens saved = savedAfter(TOKEN);

    assertThat(reason(restarted(saved).ask(TOKEN, "c-2", NOW)))
        .isEqualTo(RejectionReason.TOKEN_SUBJECT_MISMATCH);
    assertThat(reason(restarted(saved).ask(TOKEN, "c-1", EXP)))
        .isEqualTo(RejectionReason.TOKEN_EXPIRED);
    assertThat(reason(restarted(saved).ask(TOKEN, "c-1", 1_799_998_999_999L)))
        .isEqualTo(RejectionReason.TOKEN_NOT_YET_VALID);
  }

  @Test
  void keyThatLeftTheJwksTakesItsTokensWithIt() throws IOException {
    SavedTokens saved = savedAfter(TOKEN);
    jwks.published = Issuer.jwks(OTHER);

    TokenCheck check = restarted(saved);

    assertThat(check.remembered()).isZero();
    jwks.pass(KeySource.FRESH);
    assertThat(check.ask(TOKEN, "c-1", NOW)).isEqualTo(TokenResult.NoFault.KEY_UNKNOWN);
    jwks.runBackground();
    assertThat(reason(check.ask(TOKEN, "c-1", NOW))).isEqualTo(RejectionReason.TOKEN_INVALID);
  }

  @Test
  void keyThatLeavesTheJwksLaterTakesThemToo() throws IOException {
    TokenCheck check = restarted(savedAfter(TOKEN));
    assertThat(check.remembered()).isEqualTo(1);
    jwks.published = Issuer.jwks(OTHER);
    jwks.pass(Duration.ofMinutes(5));

    check.refreshKeys();
    jwks.runBackground();

    check.refreshKeys();
    assertThat(check.remembered()).isZero();
    assertThat(reason(check.ask(TOKEN, "c-1", NOW))).isEqualTo(RejectionReason.TOKEN_INVALID);
  }

  @Test
  void keyOfTheSameIdThatIsAnotherOneCountsForNothing() throws IOException {
    SavedTokens saved = savedAfter(TOKEN);
    jwks.published = Issuer.jwks(Issuer.ecKey("key"));

    assertThat(reason(restarted(saved).ask(TOKEN, "c-1", NOW)))
        .isEqualTo(RejectionReason.TOKEN_INVALID);
  }

  @Test
  void tokenIsVerifiedAgainUnderOtherSettings() throws IOException {
    SavedTokens saved = savedAfter(TOKEN);
    ExpectedClaims elsewhere = new ExpectedClaims("another-idp", Set.of(), null);

    TokenCheck check = check(elsewhere);
    check.restore(saved);

    assertThat(reason(check.ask(TOKEN, "c-1", NOW))).isEqualTo(RejectionReason.TOKEN_INVALID);
    assertThat(check.verifications()).isEqualTo(1);
  }

  @Test
  void settingsAreToldApartByTheirText() {
    assertThat(
            List.of(
                ExpectedClaims.ANY.text(),
                new ExpectedClaims("a", Set.of(), null).text(),
                new ExpectedClaims(null, Set.of("a"), null).text(),
                new ExpectedClaims(null, Set.of(), "a").text(),
                new ExpectedClaims(null, Set.of("a 1:b"), null).text(),
                new ExpectedClaims(null, Set.of("a", "b"), null).text()))
        .doesNotHaveDuplicates();
    assertThat(new ExpectedClaims("i", Set.of("a", "b", "c"), "t").text())
        .isEqualTo(new ExpectedClaims("i", Set.of("c", "b", "a"), "t").text());
  }

  @Test
  void tokenThatNobodyAskedForOutlivesASecondRestart() throws IOException {
    SavedTokens again = restarted(savedAfter(TOKEN)).verified();

    TokenCheck check = restarted(again);

    assertThat(check.ask(TOKEN, "c-1", NOW)).isEqualTo(PASSED);
    assertThat(check.verifications()).isZero();
  }

  @Test
  void expiredTokenThatNobodyAskedForIsNotSavedAgain() throws IOException {
    TokenCheck check = restarted(savedAfter(TOKEN));
    jwks.pass(Duration.ofHours(1));

    assertThat(check.verified().byKey()).isEmpty();
  }

  @Test
  void badTokenIsNotSaved() throws IOException {
    assertThat(savedAfter(TOKEN.substring(0, TOKEN.length() - 4) + "AAAA").byKey()).isEmpty();
  }

  @Test
  void whatIsSavedIsBounded() throws IOException {
    VerificationKey key = KeySet.parse(Issuer.jwks(KEY), Set.of("ES256")).keys().get(0);
    VerifiedTokens tokens = tokens();
    for (int i = 0; i <= VerifiedTokens.MAX_SAVED; i++) {
      tokens.put("t" + i, tokens.of(key, "t" + i, "c", EXP, 0), NOW);
    }

    Map<String, List<SavedTokens.Token>> saved = tokens.save(NOW);

    assertThat(saved.get(key.fingerprint())).hasSize(VerifiedTokens.MAX_SAVED);
    VerifiedTokens other = tokens();
    other.restore(key, saved.get(key.fingerprint()));
    other.restore(key, List.of(new SavedTokens.Token(ByteBuffer.allocate(32), "c", EXP, 0)));
    assertThat(other.size()).isEqualTo(VerifiedTokens.MAX_SAVED);
  }

  private static VerifiedTokens tokens() {
    return new VerifiedTokens(
        VerifiedTokens.MAX_SAVED * 2, Duration.ZERO, Duration.ofMinutes(1), () -> 0);
  }

  private SavedTokens savedAfter(String token) throws IOException {
    TokenCheck check = check(ExpectedClaims.ANY);
    check.ask(token, "c-1", NOW);
    return check.verified();
  }

  private TokenCheck restarted(SavedTokens saved) throws IOException {
    TokenCheck check = check(ExpectedClaims.ANY);
    check.restore(saved);
    return check;
  }

  private TokenCheck check(ExpectedClaims expected) throws IOException {
    TokenSettings settings =
        new TokenSettings(
            "jwks.json",
            Set.of("ES256"),
            100,
            Duration.ZERO,
            Duration.ofMinutes(5),
            expected,
            Duration.ofSeconds(1),
            Duration.ofSeconds(1),
            Duration.ofHours(1));
    return new TokenCheck(settings, new KeySource(jwks, settings, jwks, null, jwks), jwks);
  }

  private static RejectionReason reason(TokenResult result) {
    return ((TokenFault) result).reason();
  }
}
