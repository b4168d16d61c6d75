package io.turnstile.simulator.hostile;

import com.fasterxml.jackson.databind.node.TextNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.factories.DefaultJWSSignerFactory;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.util.Base64URL;
import io.turnstile.clients.TokenClaims;
import io.turnstile.events.RejectionReason;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * Puts tokens together from text, so that they may be wrong in ways that no library would make.
 * What says {@code signed} has a good signature: somebody got a token from the issuer, or the
 * issuer was careless. Not thread-safe.
 */
final class TokenForge {

  private static final long LIFETIME_SECONDS = 300;

  /** In seconds, in the year 2150. */
  private static final String FAR_FUTURE = "5680281600";

  /** A token, and what it is rejected for. */
  record BadToken(String token, RejectionReason reason) {}

  private final TokenClaims expected;
  private final Clock clock;
  private final RandomGenerator random;
  private final JWSHeader header;
  private final JWSSigner signer;
  private final int signatureBytes;

  /**
   * @param signingKey an EC or RSA key with its private part
   * @param expected what the job wants of tokens besides
   * @throws IllegalArgumentException if that key cannot sign
   */
  TokenForge(JWK signingKey, TokenClaims expected, Clock clock, RandomGenerator random) {
    this.expected = expected;
    this.clock = clock;
    this.random = random;
    String algorithm = signingKey instanceof RSAKey ? "RS256" : "ES256";
    if (signingKey.getAlgorithm() != null) {
      algorithm = signingKey.getAlgorithm().getName();
    }
    header =
        new JWSHeader.Builder(JWSAlgorithm.parse(algorithm)).keyID(signingKey.getKeyID()).build();
    try {
      signer = new DefaultJWSSignerFactory().createJWSSigner(signingKey, header.getAlgorithm());
    } catch (JOSEException e) {
      throw new IllegalArgumentException("the signing key cannot sign: " + e.getMessage(), e);
    }
    signatureBytes = sign("").decode().length;
  }

  /** As the job wants it, with more claims behind it: {@code ,"roles":[]}, say. */
  String valid(String subject, String more) {
    return signed(header(""), claims(quote(subject), now(0), now(LIFETIME_SECONDS), more));
  }

  /** Of the right key id, with a signature that is noise. */
  String forged(String subject) {
    return unsigned(header(""), claims(subject)) + noise();
  }

  /** Of a key id that nobody has heard of. */
  String ofUnknownKey(String subject, long number) {
    String id = "key-%d-%x".formatted(number, random.nextLong());
    return unsigned(header(id, ""), claims(subject)) + noise();
  }

  /** Without a key id: each key might be its. */
  String withoutKeyId(String subject) {
    return unsigned("{\"alg\":\"%s\"}".formatted(header.getAlgorithm()), claims(subject)) + noise();
  }

  /** Made for somebody else, by the same issuer's keys; none if the job takes them all. */
  List<Supplier<BadToken>> forOthers(String subject) {
    List<Supplier<String>> tokens = new ArrayList<>();
    String issuer = issuerClaim();
    String audience = audienceClaim();
    if (!issuer.isEmpty()) {
      String other = "\"iss\":\"https://elsewhere.example\",";
      tokens.add(() -> signed(header(""), rest(other + audience, subject)));
      tokens.add(() -> signed(header(""), rest(audience, subject)));
    }
    if (!audience.isEmpty()) {
      for (String other : List.of("\"aud\":\"newsletter\",", "\"aud\":[\"a\",\"b\"],", "")) {
        tokens.add(() -> signed(header(""), rest(issuer + other, subject)));
      }
    }
    if (expected.type() != null) {
      tokens.add(() -> signed(withType("logout+jwt"), claims(subject)));
    }
    return invalid(tokens);
  }

  /** Signed, with times that are far away, or none. */
  List<Supplier<BadToken>> ofStrangeTimes(String subject) {
    String now = now(0);
    String later = now(LIFETIME_SECONDS);
    return List.of(
        timed(subject, now, later + "000", RejectionReason.TOKEN_INVALID),
        timed(subject, now, "1e400", RejectionReason.TOKEN_INVALID),
        timed(subject, now, "9223372036854775807", RejectionReason.TOKEN_INVALID),
        timed(subject, now, quote(later), RejectionReason.TOKEN_INVALID),
        timed(subject, now, "[" + later + "]", RejectionReason.TOKEN_INVALID),
        timed(subject, now, "null", RejectionReason.TOKEN_INVALID),
        timed(subject, "0", "-1", RejectionReason.TOKEN_EXPIRED),
        timed(subject, "0", "1.5", RejectionReason.TOKEN_EXPIRED),
        timed(subject, "1e99", later, RejectionReason.TOKEN_INVALID),
        timed(subject, FAR_FUTURE, FAR_FUTURE, RejectionReason.TOKEN_NOT_YET_VALID));
  }

  private Supplier<BadToken> timed(
      String subject, String from, String until, RejectionReason reason) {
    return () -> new BadToken(signed(header(""), claims(quote(subject), from, until, "")), reason);
  }

  /** Tricks with header, form and claims. */
  List<Supplier<BadToken>> tricks(String subject) {
    String claims = claims(subject);
    String twice = quote("a") + ",\"sub\":" + quote(subject);
    Supplier<String> good = () -> signed(header(""), claims);
    return invalid(
        List.of(
            () -> "",
            () -> "..",
            () -> good.get() + "=",
            () -> " " + good.get(),
            () -> good.get() + ".AA.AA",
            () -> good.get().substring(0, good.get().length() - 8),
            () -> unsigned("{\"alg\":\"none\"}", claims),
            () -> unsigned("{\"alg\":\"HS256\",\"kid\":%s}".formatted(keyId()), claims) + noise(),
            () -> signed("{\"alg\":\"none\",\"kid\":%s}".formatted(keyId()), claims),
            () -> signed(header(",\"crit\":[\"exp\"]"), claims),
            () -> unsigned(header(",\"jku\":\"https://elsewhere.example/\""), claims) + noise(),
            () -> signed(header(",\"alg\":\"none\""), claims),
            () -> signed(header(""), "not JSON"),
            () -> signed(header(""), "{\"sub\":" + "[".repeat(5_000)),
            () -> signed(header(""), claims(twice, now(0), now(LIFETIME_SECONDS), ""))));
  }

  private static List<Supplier<BadToken>> invalid(List<Supplier<String>> tokens) {
    List<Supplier<BadToken>> bad = new ArrayList<>();
    for (Supplier<String> token : tokens) {
      bad.add(() -> new BadToken(token.get(), RejectionReason.TOKEN_INVALID));
    }
    return bad;
  }

  private String claims(String subject) {
    return claims(quote(subject), now(0), now(LIFETIME_SECONDS), "");
  }

  private String claims(String subject, String from, String until, String more) {
    return "{%s%s\"sub\":%s,\"nbf\":%s,\"exp\":%s%s}"
        .formatted(issuerClaim(), audienceClaim(), subject, from, until, more);
  }

  /** The right subject and times behind other claims. */
  private String rest(String others, String subject) {
    return "{%s\"sub\":%s,\"nbf\":%s,\"exp\":%s}"
        .formatted(others, quote(subject), now(0), now(LIFETIME_SECONDS));
  }

  private String issuerClaim() {
    return expected.issuer() == null ? "" : "\"iss\":" + quote(expected.issuer()) + ",";
  }

  private String audienceClaim() {
    return expected.audience() == null ? "" : "\"aud\":" + quote(expected.audience()) + ",";
  }

  private String header(String more) {
    return header(header.getKeyID(), more);
  }

  private String header(String keyId, String more) {
    String type = expected.type() == null ? "" : ",\"typ\":" + quote(expected.type());
    return "{\"alg\":\"%s\",\"kid\":%s%s%s}"
        .formatted(header.getAlgorithm(), quote(keyId), type, more);
  }

  private String withType(String type) {
    return "{\"alg\":\"%s\",\"kid\":%s,\"typ\":%s}"
        .formatted(header.getAlgorithm(), keyId(), quote(type));
  }

  private String keyId() {
    return quote(header.getKeyID());
  }

  private String signed(String headerText, String claims) {
    String content = unsigned(headerText, claims);
    return content + sign(content.substring(0, content.length() - 1));
  }

  /** Ends with the dot before the signature. */
  private static String unsigned(String headerText, String claims) {
    return Base64URL.encode(headerText) + "." + Base64URL.encode(claims) + ".";
  }

  private Base64URL sign(String content) {
    try {
      return signer.sign(header, content.getBytes(StandardCharsets.UTF_8));
    } catch (JOSEException e) {
      throw new IllegalStateException("cannot sign a token", e);
    }
  }

  private Base64URL noise() {
    byte[] bytes = new byte[signatureBytes];
    random.nextBytes(bytes);
    return Base64URL.encode(bytes);
  }

  private String now(long secondsOn) {
    return Long.toString(clock.instant().getEpochSecond() + secondsOn);
  }

  private static String quote(String text) {
    return new TextNode(text).toString();
  }
}
