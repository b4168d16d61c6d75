package io.turnstile.decision.token;

import static io.turnstile.decision.token.TokenResult.NoFault.KEY_UNKNOWN;
import static io.turnstile.decision.token.TokenResult.NoFault.PASSED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import com.nimbusds.jose.jwk.ECKey;
import io.turnstile.events.RejectionReason;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Restarts with what was read before; mostly while nobody answers. */
class SavedJwksTest {

  private static final long NOW = 1_800_000_000_000L;
  private static final String CLAIMS = "{\"sub\":\"c-1\",\"exp\":1800003600}";
  private static final Duration MAX_AGE = Duration.ofHours(2);
  private static final Duration KEY_REFRESH = Duration.ofMinutes(5);
  private static final ECKey OLD = Issuer.ecKey("old");
  private static final ECKey NEW = Issuer.ecKey("new");
  private static final String OLD_TOKEN = Issuer.es256(OLD, CLAIMS);
  private static final String NEW_TOKEN = Issuer.es256(NEW, CLAIMS);

  private final FakeJwks jwks = new FakeJwks(Issuer.jwks(OLD));
  private Jwks saved;
  private TokenCheck check;

  @BeforeEach
  void readAndLoseTheServer() throws IOException {
    start(null);
    saved = check.lastRead();
    jwks.down(Duration.ofDays(1));
  }

  @Test
  void knownKeysWorkAndUnknownOnesWait() throws IOException {
    jwks.pass(MAX_AGE);
    start(saved);
    assertThat(ask(OLD_TOKEN)).isEqualTo(PASSED);
    assertThat(ask(NEW_TOKEN)).isEqualTo(KEY_UNKNOWN);
    jwks.pass(Duration.ofMinutes(1));
    assertThat(ask(NEW_TOKEN)).isEqualTo(KEY_UNKNOWN);
    assertThat(jwks.runBackground()).isEqualTo(1);
    assertThat(ask(NEW_TOKEN)).as("never invalid while nobody answers").isEqualTo(KEY_UNKNOWN);
    assertThat(ask(OLD_TOKEN)).isEqualTo(PASSED);
  }

  @Test
  void keysReadJustBeforeTheRestartAreNotFresh() throws IOException {
    start(saved);
    assertThat(ask(NEW_TOKEN)).isEqualTo(KEY_UNKNOWN);
  }

  @Test
  void theServersKeysCountWhenItIsBack() throws IOException {
    start(saved);
    jwks.backAt = jwks.nanoTime();
    jwks.published = Issuer.jwks(NEW);
    jwks.pass(KeySource.PAUSE);
    assertThat(ask(NEW_TOKEN)).isEqualTo(KEY_UNKNOWN);
    jwks.runBackground();
    assertThat(ask(NEW_TOKEN)).isEqualTo(PASSED);
    assertThat(ask(OLD_TOKEN)).as("withdrawn").isInstanceOf(TokenFault.class);
    assertThat(check.lastRead().text()).isEqualTo(jwks.published);
  }

  @Test
  void startDoesNotWaitForTheServerIfTheKeysAreYoung() throws IOException {
    jwks.pass(KEY_REFRESH);
    int before = jwks.fetches;
    jwks.delay = Duration.ofSeconds(7);
    start(saved);
    assertThat(jwks.fetches).isEqualTo(before);
    assertThat(ask(OLD_TOKEN)).isEqualTo(PASSED);
    assertThat(jwks.runBackground()).as("asked at once").isEqualTo(1);
    assertThat(jwks.fetches).isEqualTo(before + 1);
  }

  @Test
  void startWithOlderKeysAsksTheServerFirstAndGoesOnWithoutIt() throws IOException {
    jwks.pass(KEY_REFRESH.plusMillis(1));
    int before = jwks.fetches;
    jwks.delay = Duration.ofSeconds(7);
    start(saved);
    assertThat(jwks.fetches).isEqualTo(before + 1);
    assertThat(ask(OLD_TOKEN)).isEqualTo(PASSED);
    assertThat(ask(NEW_TOKEN)).as("never invalid while nobody answers").isEqualTo(KEY_UNKNOWN);
    assertThat(jwks.runBackground()).as("a moment after the failure").isZero();
    jwks.pass(KEY_REFRESH);
    check.refreshKeys();
    assertThat(jwks.runBackground()).as("asked again when it is due").isEqualTo(1);
  }

  @Test
  void aServerThatAnswersIsBelievedAndNotWhatWasSaved() throws IOException {
    jwks.pass(KEY_REFRESH.plusMillis(1));
    withdrawOldKey();
    start(saved);
    assertInvalid(OLD_TOKEN);
    assertThat(ask(NEW_TOKEN)).isEqualTo(PASSED);
    assertThat(check.lastRead().text()).isEqualTo(jwks.published);
  }

  @Test
  void youngKeysCountUntilTheServerHasAnswered() throws IOException {
    jwks.pass(KEY_REFRESH);
    withdrawOldKey();
    start(saved);
    assertThat(ask(OLD_TOKEN)).isEqualTo(PASSED);
    assertThat(jwks.runBackground()).isEqualTo(1);
    assertInvalid(OLD_TOKEN);
  }

  private void withdrawOldKey() {
    jwks.backAt = jwks.nanoTime();
    jwks.published = Issuer.jwks(NEW);
  }

  private void assertInvalid(String token) {
    assertThat(ask(token))
        .isInstanceOfSatisfying(
            TokenFault.class,
            fault -> assertThat(fault.reason()).isEqualTo(RejectionReason.TOKEN_INVALID));
  }

  @Test
  void itsAgeCountsOverSeveralRestarts() throws IOException {
    jwks.pass(MAX_AGE.dividedBy(2));
    start(saved);
    assertThat(check.lastRead()).isEqualTo(saved);
    jwks.pass(MAX_AGE.dividedBy(2));
    start(check.lastRead());
    jwks.pass(Duration.ofMillis(1));
    assertThatIOException()
        .isThrownBy(() -> start(check.lastRead()))
        .withMessage(
            "the JWKS https://issuer.test/jwks cannot be used: nobody answers; the keys of the"
                + " checkpoint are not used: they were read 7200 s ago, the limit is 7200 s");
    assertThat(ask(OLD_TOKEN)).as("who has the keys keeps them").isEqualTo(PASSED);
  }

  @Test
  void itsAgeIsThatOfTheLastReading() throws IOException {
    jwks.backAt = jwks.nanoTime();
    start(null);
    jwks.pass(KEY_REFRESH);
    check.refreshKeys();
    assertThat(jwks.runBackground()).isEqualTo(1);
    check.refreshKeys();
    assertThat(check.lastRead())
        .isEqualTo(new Jwks(saved.location(), saved.text(), saved.readAt() + 300_000));
  }

  @Test
  void failedReadingDoesNotMakeItYounger() {
    jwks.pass(KEY_REFRESH);
    check.refreshKeys();
    assertThat(jwks.runBackground()).isEqualTo(1);
    check.refreshKeys();
    assertThat(check.lastRead()).isEqualTo(saved);
  }

  @Test
  void jwksOfAnotherLocationIsNotUsed() {
    Jwks other = new Jwks("https://other.test/jwks", saved.text(), saved.readAt());
    assertThatIOException()
        .isThrownBy(() -> start(other))
        .withMessage("the JWKS https://issuer.test/jwks cannot be used: nobody answers");
  }

  @Test
  void jwksWithoutKeyForTheAlgorithmsIsNotUsed() {
    Jwks useless = new Jwks(saved.location(), Issuer.jwks(Issuer.rsaKey("r")), saved.readAt());
    assertThatIOException()
        .isThrownBy(() -> start(useless))
        .withMessage(
            "the JWKS https://issuer.test/jwks cannot be used: nobody answers; the keys of the"
                + " checkpoint are not used: it holds no key for [ES256]");
  }

  @Test
  void withoutOneTheStartFails() {
    assertThatIOException()
        .isThrownBy(() -> start(null))
        .withMessage("the JWKS https://issuer.test/jwks cannot be used: nobody answers");
  }

  private void start(Jwks from) throws IOException {
    TokenSettings settings =
        new TokenSettings(
            "jwks.json",
            Set.of("ES256"),
            100,
            Duration.ZERO,
            KEY_REFRESH,
            ExpectedClaims.ANY,
            TokenSettings.CONNECT_TIMEOUT,
            TokenSettings.READ_TIMEOUT,
            MAX_AGE);
    check = new TokenCheck(settings, new KeySource(jwks, settings, jwks, from, jwks), jwks);
  }

  private TokenResult ask(String token) {
    return check.ask(token, "c-1", NOW);
  }
}
