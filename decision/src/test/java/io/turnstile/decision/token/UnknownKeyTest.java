package io.turnstile.decision.token;

import static io.turnstile.decision.token.TokenResult.NoFault.KEY_UNKNOWN;
import static io.turnstile.decision.token.TokenResult.NoFault.PASSED;
import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.jwk.ECKey;
import io.turnstile.events.RejectionReason;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tokens of unknown keys, asked for without waiting: they stall nobody. */
class UnknownKeyTest {

  private static final long NOW = 1_800_000_000_000L;
  private static final String CLAIMS = "{\"sub\":\"c-1\",\"exp\":1800003600}";
  private static final Duration STEP = Duration.ofMillis(50);
  private static final ECKey OLD = Issuer.ecKey("old");
  private static final ECKey NEW = Issuer.ecKey("new");
  private static final String OLD_TOKEN = Issuer.es256(OLD, CLAIMS);
  private static final String NEW_TOKEN = Issuer.es256(NEW, CLAIMS);
  private static final String NEW_TOKEN_WITHOUT_ID =
      Issuer.es256(new JWSHeader(JWSAlgorithm.ES256), NEW, CLAIMS);

  private final FakeJwks jwks = new FakeJwks(Issuer.jwks(OLD));
  private TokenCheck check;

  @BeforeEach
  void open() throws IOException {
    TokenSettings settings =
        new TokenSettings("jwks.json", Set.of("ES256"), 100, Duration.ZERO, Duration.ofMinutes(5));
    check = new TokenCheck(settings, new KeySource(jwks, settings, jwks, null, jwks), jwks);
  }

  @Test
  void newKeyIsKnownWhenTheKeysHaveBeenReadAgain() {
    for (String token : new String[] {NEW_TOKEN, NEW_TOKEN_WITHOUT_ID}) {
      jwks.published = Issuer.jwks(OLD);
      jwks.pass(Duration.ofMinutes(5));
      ask(OLD_TOKEN);
      jwks.runBackground();
      ask(OLD_TOKEN);
      jwks.pass(KeySource.FRESH);
      jwks.published = Issuer.jwks(OLD, NEW);
      assertThat(ask(token)).isEqualTo(KEY_UNKNOWN);
      assertThat(ask(OLD_TOKEN)).isEqualTo(PASSED);
      assertThat(ask(token)).isEqualTo(KEY_UNKNOWN);
      assertThat(jwks.runBackground()).isEqualTo(1);
      assertThat(ask(token)).isEqualTo(PASSED);
    }
  }

  @Test
  void unknownKeyIsInvalidWhenTheKeysHaveBeenReadAgainWithoutIt() {
    jwks.pass(KeySource.FRESH);
    assertThat(ask(NEW_TOKEN)).isEqualTo(KEY_UNKNOWN);
    jwks.runBackground();
    assertThat(ask(NEW_TOKEN))
        .isEqualTo(
            new TokenFault(RejectionReason.TOKEN_INVALID, "no key of the JWKS is the token's"));
  }

  /** The benchmark scenario in small: a forged id a second, the server away for 60 s. */
  @Test
  void keyServerThatIsAwayMattersToUnknownKeysOnly() {
    jwks.pass(KeySource.FRESH);
    jwks.down(Duration.ofMinutes(1));
    int readings = jwks.fetches;
    String badSignature = Issuer.es256(Issuer.ecKey("old"), CLAIMS);
    for (int i = 0; i < 1199; i++) {
      long before = jwks.nanoTime();
      String forged = Issuer.es256("{\"alg\":\"ES256\",\"kid\":\"forged" + i + "\"}", OLD, CLAIMS);
      assertThat(ask(forged)).isEqualTo(KEY_UNKNOWN);
      assertThat(ask(NEW_TOKEN_WITHOUT_ID)).isEqualTo(KEY_UNKNOWN);
      assertThat(ask(OLD_TOKEN)).isEqualTo(PASSED);
      assertThat(ask(badSignature))
          .as("a known id, so that it needs no other keys")
          .isInstanceOf(TokenFault.class);
      assertThat(jwks.nanoTime()).as("nobody waits").isEqualTo(before);
      jwks.pass(STEP);
      jwks.runBackground();
    }
    assertThat(check.verifications()).as("one for each of three tokens").isEqualTo(3);
    assertThat(jwks.fetches - readings).as("a try each 250 ms").isBetween(200, 241);
    jwks.published = Issuer.jwks(OLD, NEW);
    for (int i = 0; i < 10; i++) {
      ask(NEW_TOKEN);
      jwks.pass(STEP);
      jwks.runBackground();
    }
    assertThat(ask(NEW_TOKEN)).isEqualTo(PASSED);
    assertThat(ask(NEW_TOKEN_WITHOUT_ID)).isEqualTo(PASSED);
  }

  @Test
  void forgedKeyIdsReadTheKeysOncePerFiveSeconds() {
    for (int i = 0; i < 1000; i++) {
      jwks.pass(Duration.ofMillis(20));
      ask(forged(i));
      jwks.runBackground();
    }
    // One at the start, then one each full 5 s of 20.
    assertThat(jwks.fetches).isBetween(4, 5);
  }

  @Test
  void inputThatIsAskedForAgainCountsOnce() {
    jwks.pass(KeySource.FRESH);
    for (int i = 0; i < 100; i++) {
      ask(NEW_TOKEN);
    }
    assertThat(check.cacheMisses()).isZero();
    jwks.runBackground();
    ask(NEW_TOKEN);
    assertThat(check.cacheMisses()).isEqualTo(1);
  }

  /** Real threads: the server never answers, and still nobody waits. */
  @Test
  @Timeout(20)
  void serverThatHangsHoldsNobodyUp() throws IOException, InterruptedException {
    CountDownLatch never = new CountDownLatch(1);
    CountDownLatch asked = new CountDownLatch(1);
    JwksFetcher hanging =
        new JwksFetcher() {
          private boolean first = true;

          @Override
          public String location() {
            return "https://issuer.test/jwks";
          }

          @Override
          public String fetch() throws IOException {
            if (first) {
              first = false;
              return Issuer.jwks(OLD);
            }
            asked.countDown();
            try {
              never.await();
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
            throw new IOException("given up");
          }
        };
    TokenSettings settings =
        new TokenSettings("jwks.json", Set.of("ES256"), 100, Duration.ZERO, Duration.ofMinutes(5));
    check = new TokenCheck(settings, new KeySource(hanging, settings, jwks, null), jwks);
    jwks.pass(KeySource.FRESH);
    assertThat(ask(NEW_TOKEN)).isEqualTo(KEY_UNKNOWN);
    asked.await();
    assertThat(ask(NEW_TOKEN)).isEqualTo(KEY_UNKNOWN);
    assertThat(ask(OLD_TOKEN)).isEqualTo(PASSED);
    never.countDown();
  }

  private static String forged(int i) {
    return Issuer.base64("{\"alg\":\"ES256\",\"kid\":\"forged" + i + "\"}")
        + "."
        + Issuer.base64(CLAIMS)
        + "."
        + Issuer.base64("x".repeat(64));
  }

  private TokenResult ask(String token) {
    return check.ask(token, "c-1", NOW);
  }
}
