package io.turnstile.decision.token;

import static io.turnstile.events.RejectionReason.TOKEN_INVALID;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.nimbusds.jose.jwk.ECKey;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokens of the same issuer that were made for somebody else. */
class ExpectedClaimsTest {

  private static final long NOW = 1_800_000_000_000L;
  private static final ECKey KEY = Issuer.ecKey("k1");
  private static final ExpectedClaims EXPECTED =
      new ExpectedClaims("https://idp.example", Set.of("pay", "https://pay.example"), "at+jwt");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'pay'",
        "'https://pay.example'",
        "['pay']",
        "['mail', 'pay']",
        "[7, null, ['x'], 'pay']"
      },
      quoteCharacter = '"')
  void oneOfSeveralAudiencesIsEnough(String audience) throws IOException {
    assertThat(check(EXPECTED, "at+jwt", "'iss':'https://idp.example','aud':" + audience)).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'aud':'mail'|'mail'",
        "'aud':['mail','web']|'[mail, web]'",
        "'aud':[]|'[]'",
        "'aud':''|''",
        "'aud':['']|'[]'",
        "'aud':'PAY'|'PAY'",
        "'aud':'pay '|'pay '",
        "'aud':7|'7'",
        "'aud':{'pay':'pay'}|'{pay=pay}'",
        "'aud':[['pay']]|'[[pay]]'",
        "'aud':null|missing",
        "'sub':'c-1'|missing"
      },
      quoteCharacter = '"')
  void otherAudienceIsInvalid(String audience, String found) throws IOException {
    String claims = audience.startsWith("'sub'") ? "" : "," + audience;
    TokenFault fault = check(EXPECTED, "at+jwt", "'iss':'https://idp.example'" + claims);
    assertThat(fault.reason()).isEqualTo(TOKEN_INVALID);
    assertThat(fault.detail())
        .isEqualTo("the token's aud is " + found + ", expected is 'https://pay.example or pay'");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'https://idp.example/'|'https://idp.example/'",
        "'https://evil'|'https://evil'",
        "['https://idp.example']|'[https://idp.example]'",
        "null|missing",
        "7|'7'"
      },
      quoteCharacter = '"')
  void otherIssuerIsInvalid(String issuer, String found) throws IOException {
    TokenFault fault = check(EXPECTED, "at+jwt", "'aud':'pay','iss':" + issuer);
    assertThat(fault.reason()).isEqualTo(TOKEN_INVALID);
    assertThat(fault.detail())
        .isEqualTo("the token's iss is " + found + ", expected is 'https://idp.example'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"at+jwt", "AT+JWT", "application/at+jwt", "Application/AT+JWT"})
  void typeIsComparedAsMediaTypesAre(String type) throws IOException {
    assertThat(check(EXPECTED, type, "'iss':'https://idp.example','aud':'pay'")).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"JWT", "logout+jwt", "at+jwt2", "application/jwt", ""})
  void otherTypeIsInvalid(String type) throws IOException {
    TokenFault fault = check(EXPECTED, type, "'iss':'https://idp.example','aud':'pay'");
    assertThat(fault.reason()).isEqualTo(TOKEN_INVALID);
    assertThat(fault.detail()).isEqualTo("the token's typ is '" + type + "', expected is 'at+jwt'");
  }

  @Test
  void missingTypeIsInvalid() throws IOException {
    assertThat(check(EXPECTED, null, "'iss':'https://idp.example','aud':'pay'").detail())
        .isEqualTo("the token's typ is missing, expected is 'at+jwt'");
  }

  @Test
  void whatIsNotExpectedDoesNotMatter() throws IOException {
    String others = "'iss':'https://evil','aud':'newsletter'";
    assertThat(check(ExpectedClaims.ANY, "logout+jwt", others)).isNull();
    assertThat(check(new ExpectedClaims("https://evil", Set.of(), null), "x", others)).isNull();
    assertThat(check(new ExpectedClaims(null, Set.of("newsletter"), null), "x", others)).isNull();
    assertThat(check(new ExpectedClaims(null, Set.of(), "x"), "x", others)).isNull();
  }

  @Test
  void detailIsBoundedAndOneLineWhateverIsFound() throws IOException {
    String long1 = "\\u0000\\n\\u2028\\u202e\\ud800" + "y".repeat(100_000);
    assertThat(
            check(EXPECTED, "at+jwt", "'iss':'https://idp.example','aud':'" + long1 + "'").detail())
        .hasSizeLessThan(300)
        .contains("'?????yyy", "yyy…'")
        .doesNotContain("\n");
  }

  @Test
  void nothingOfForgedTokenIsReported() throws IOException {
    TokenCheck check = open(EXPECTED);
    String forged = Issuer.es256(Issuer.ecKey("k1"), "{\"iss\":\"s3cret\",\"exp\":1800000300}");
    assertThat(check.check(forged, "c-1", NOW).detail()).doesNotContain("s3cret");
  }

  @Test
  void blankExpectationsAreRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> new ExpectedClaims(" ", Set.of(), null));
    assertThatIllegalArgumentException().isThrownBy(() -> new ExpectedClaims(null, Set.of(), ""));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ExpectedClaims(null, Set.of("a", ""), null));
  }

  private static TokenFault check(ExpectedClaims expected, String type, String claims)
      throws IOException {
    String header =
        "{'alg':'ES256','kid':'k1'" + (type == null ? "" : ",'typ':'" + type + "'") + "}";
    String payload = "{'sub':'c-1','exp':1800000300," + claims + "}";
    return open(expected)
        .check(
            Issuer.es256(header.replace('\'', '"'), KEY, payload.replace('\'', '"')), "c-1", NOW);
  }

  private static TokenCheck open(ExpectedClaims expected) throws IOException {
    FakeJwks jwks = new FakeJwks(Issuer.jwks(KEY));
    TokenSettings settings =
        new TokenSettings(
            "jwks.json",
            Set.of("ES256"),
            10,
            Duration.ZERO,
            Duration.ofMinutes(5),
            expected,
            TokenSettings.CONNECT_TIMEOUT,
            TokenSettings.READ_TIMEOUT,
            TokenSettings.JWKS_MAX_AGE);
    return new TokenCheck(settings, new KeySource(jwks, settings, jwks, null, jwks), jwks);
  }
}
