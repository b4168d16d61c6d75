package io.turnstile.decision.token;

import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import java.text.ParseException;
import java.util.Set;
import java.util.TreeSet;

/**
 * Parses tokens; their signature is not verified yet. Immutable.
 *
 * @param algorithms that are allowed, by all their names
 */
record TokenParser(Set<String> algorithms) {

  JWSObject parse(String token) throws InvalidTokenException {
    if (!isBase64UrlAndDots(token)) {
      throw new InvalidTokenException("the token is not made of base64url and dots");
    }
    JWSObject jws;
    try {
      jws = JWSObject.parse(token);
    } catch (ParseException | RuntimeException e) {
      // Whatever a forged header provokes in the parser must not fail the job.
      throw new InvalidTokenException(
          "the token is not a signed JWT: three parts, the first a header");
    }
    JWSHeader header = jws.getHeader();
    if (!algorithms.contains(header.getAlgorithm().getName())) {
      throw new InvalidTokenException(
          "the token's algorithm is not one of " + new TreeSet<>(algorithms));
    }
    if (header.getCriticalParams() != null) {
      throw new InvalidTokenException("the token's header has critical extensions (crit)");
    }
    return jws;
  }

  /** The decoder skips other characters, which would give one token many spellings. */
  private static boolean isBase64UrlAndDots(String token) {
    for (int i = 0; i < token.length(); i++) {
      char c = token.charAt(i);
      if (c != '.' && c != '-' && c != '_' && (c > 'z' || !Character.isLetterOrDigit(c))) {
        return false;
      }
    }
    return true;
  }
}
