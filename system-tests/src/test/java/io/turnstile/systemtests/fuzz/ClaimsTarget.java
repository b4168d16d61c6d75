package io.turnstile.systemtests.fuzz;

import static io.turnstile.systemtests.fuzz.Model.demand;
import static io.turnstile.systemtests.fuzz.Model.demandOneLine;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.turnstile.decision.token.ExpectedClaims;
import io.turnstile.decision.token.TokenCheck;
import io.turnstile.decision.token.TokenFault;
import io.turnstile.decision.token.TokenResult;
import io.turnstile.decision.token.TokenResult.NoFault;
import io.turnstile.decision.token.TokenSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import java.util.Set;

/** A token whose signature is good: its header, a line end, its claims. */
public final class ClaimsTarget {

  private static final String CUSTOMER = "c-1";
  private static final String ISSUER = "https://idp.example";
  private static final String AUDIENCE = "payments";
  private static final String TYPE = "at+jwt";

  /** The first second of the year 2200. */
  private static final double LATEST = 7_258_118_400.0;

  private static final int ED25519_BYTES = 32;
  private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final KeyPair KEYS = keys();
  private static final TokenCheck TOKENS = check();

  private ClaimsTarget() {}

  private static KeyPair keys() {
    try {
      return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static TokenCheck check() {
    byte[] encoded = KEYS.getPublic().getEncoded();
    String x =
        BASE64.encodeToString(
            Arrays.copyOfRange(encoded, encoded.length - ED25519_BYTES, encoded.length));
    String jwks = "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" + x + "\"}]}";
    try {
      return TokenCheck.open(
          new TokenSettings(
              ScratchFile.of(jwks.getBytes(StandardCharsets.UTF_8), 0).toString(),
              TokenTarget.ALGORITHMS,
              100,
              Duration.ZERO,
              Duration.ofMinutes(5),
              new ExpectedClaims(ISSUER, Set.of(AUDIENCE), TYPE),
              TokenSettings.CONNECT_TIMEOUT,
              TokenSettings.READ_TIMEOUT,
              TokenSettings.JWKS_MAX_AGE),
          null,
          () -> 0,
          () -> 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A token that passes was made by the issuer for this service and customer, and for this time.
   */
  public static void fuzzerTestOneInput(byte[] bytes) throws Exception {
    int lineEnd = 0;
    while (lineEnd < bytes.length && bytes[lineEnd] != '\n') {
      lineEnd++;
    }
    byte[] header = Arrays.copyOf(bytes, lineEnd);
    byte[] claims = Arrays.copyOfRange(bytes, Math.min(lineEnd + 1, bytes.length), bytes.length);
    TokenResult result = TOKENS.ask(signed(header, claims), CUSTOMER, TokenTarget.RECEIVED_AT);
    if (result instanceof TokenFault fault) {
      demandOneLine(fault.detail());
      return;
    }
    demand(result == NoFault.PASSED, () -> "fresh keys leave nothing open");
    JsonNode head;
    JsonNode body;
    try {
      head = JSON.readTree(new String(header, StandardCharsets.UTF_8));
      body = JSON.readTree(new String(claims, StandardCharsets.UTF_8));
    } catch (JsonProcessingException e) {
      // The library that reads tokens takes some texts that are nearly JSON; the issuer signed
      // them.
      return;
    }
    demand(
        Set.of("EdDSA", "Ed25519").contains(head.path("alg").asText()),
        () -> "the algorithm is that of the key");
    demand(head.path("crit").isMissingNode() || head.path("crit").isNull(), () -> "no extensions");
    String type = head.path("typ").asText().toLowerCase(Locale.ROOT);
    demand(type.equals(TYPE) || type.equals("application/" + TYPE), () -> "the type is expected");
    demand(CUSTOMER.equals(body.path("sub").textValue()), () -> "the subject is the customer");
    demand(ISSUER.equals(body.path("iss").textValue()), () -> "the issuer is expected");
    JsonNode audience = body.path("aud");
    boolean meant = AUDIENCE.equals(audience.textValue());
    for (JsonNode each : audience) {
      meant |= AUDIENCE.equals(each.textValue());
    }
    boolean forThisService = meant;
    demand(forThisService, () -> "the audience is expected");
    double now = TokenTarget.RECEIVED_AT / 1000.0;
    double expires = body.path("exp").asDouble(-1);
    demand(body.path("exp").isNumber() && expires < LATEST, () -> "exp is a time");
    demand(expires > now - 0.001, () -> "it has not expired");
    demand(
        !body.has("nbf")
            || (body.get("nbf").isNumber() && body.get("nbf").asDouble() < now + 0.001),
        () -> "it is valid by now");
  }

  private static String signed(byte[] header, byte[] claims) throws GeneralSecurityException {
    String text = BASE64.encodeToString(header) + "." + BASE64.encodeToString(claims);
    Signature signature = Signature.getInstance("Ed25519");
    signature.initSign(KEYS.getPrivate());
    signature.update(text.getBytes(StandardCharsets.US_ASCII));
    return text + "." + BASE64.encodeToString(signature.sign());
  }
}
