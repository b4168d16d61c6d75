package io.turnstile.decision.token;

import com.nimbusds.jose.JWSHeader;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * For whom a token must have been made, and by whom. An issuer's keys sign the tokens of all its
 * services: without these a token for any of them is accepted. Immutable.
 *
 * @param issuer what {@code iss} must be; null if it does not matter
 * @param audiences {@code aud}, a string or a list, must be or hold one of these; empty if it does
 *     not matter
 * @param type what the header's {@code typ} must be, in any case and with or without {@code
 *     application/} before it; null if it does not matter
 */
public record ExpectedClaims(String issuer, Set<String> audiences, String type)
    implements Serializable {

  /** Every issuer, audience and type. */
  public static final ExpectedClaims ANY = new ExpectedClaims(null, Set.of(), null);

  private static final String MEDIA_TYPE = "application/";

  /**
   * @throws IllegalArgumentException if one of them is blank
   */
  public ExpectedClaims {
    audiences = Set.copyOf(audiences);
    requireText("issuer", issuer);
    requireText("type", type);
    audiences.forEach(audience -> requireText("audience", audience));
  }

  private static void requireText(String name, String value) {
    if (value != null && value.isBlank()) {
      throw new IllegalArgumentException("the token's expected " + name + " is blank");
    }
  }

  /** Text that is the same for the same claims, and for no others. */
  String text() {
    List<String> all = new ArrayList<>(new TreeSet<>(audiences));
    all.add(0, issuer);
    all.add(1, type);
    return all.stream()
        .map(each -> each == null ? "-" : each.length() + ":" + each)
        .collect(Collectors.joining(" "));
  }

  /** Checks a token whose signature is good. */
  void check(JWSHeader header, Map<String, Object> claims) throws InvalidTokenException {
    if (type != null) {
      String found = header.getType() == null ? null : header.getType().getType();
      require(found != null && shortType(found).equals(shortType(type)), "typ", type, found);
    }
    if (issuer != null) {
      Object found = claims.get("iss");
      require(issuer.equals(found), "iss", issuer, found);
    }
    if (!audiences.isEmpty()) {
      Object found = claims.get("aud");
      Collection<?> values =
          found instanceof List<?> list ? list : List.of(found == null ? "" : found);
      require(
          values.stream()
              .anyMatch(value -> value instanceof String text && audiences.contains(text)),
          "aud",
          String.join(" or ", new TreeSet<>(audiences)),
          found);
    }
  }

  private static String shortType(String type) {
    String lower = type.toLowerCase(Locale.ROOT);
    return lower.startsWith(MEDIA_TYPE) ? lower.substring(MEDIA_TYPE.length()) : lower;
  }

  private static void require(boolean condition, String name, String expected, Object found)
      throws InvalidTokenException {
    if (!condition) {
      throw new InvalidTokenException(
          "the token's %s is %s, expected is %s"
              .formatted(name, found == null ? "missing" : Quoted.of(found), Quoted.of(expected)));
    }
  }
}
