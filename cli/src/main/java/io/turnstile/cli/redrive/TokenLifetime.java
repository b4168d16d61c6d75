package io.turnstile.cli.redrive;

import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.text.ParseException;
import java.time.Instant;
import java.util.Date;
import java.util.Optional;

/**
 * When a token may be used, by its own word: its signature is for the job to check.
 *
 * @param from {@link Instant#MIN} if it does not say
 * @param until the first instant at which it may not
 */
record TokenLifetime(Instant from, Instant until) {

  /** Empty if the text is no token, or one without an end: the job takes neither. */
  static Optional<TokenLifetime> of(String token) {
    try {
      JWTClaimsSet claims = SignedJWT.parse(token).getJWTClaimsSet();
      Date from = claims.getNotBeforeTime();
      Date until = claims.getExpirationTime();
      return until == null
          ? Optional.empty()
          : Optional.of(
              new TokenLifetime(from == null ? Instant.MIN : from.toInstant(), until.toInstant()));
    } catch (ParseException | RuntimeException e) {
      // Whatever a forged token provokes in the parser must not end the command.
      return Optional.empty();
    }
  }
}
