package io.turnstile.gateway.transaction;

import io.turnstile.gateway.http.Problem;
import io.turnstile.gateway.http.Request;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The token of a request, RFC 6750. */
final class Bearer {

  /** Nothing else is a token, so nothing else gets into a record. */
  private static final Pattern HEADER = Pattern.compile("(?i:bearer) +([A-Za-z0-9._~+/-]+=*) *");

  private Bearer() {}

  /**
   * The token in {@code Authorization}.
   *
   * @throws io.turnstile.gateway.http.ProblemException 401 if there is none
   */
  static String token(Request request) {
    String header = request.header("Authorization");
    Matcher matcher = HEADER.matcher(header == null ? "" : header);
    if (!matcher.matches()) {
      throw Problem.of(
              401,
              "TOKEN_MISSING",
              "The request has no token.",
              "Send the customer's token: Authorization: Bearer TOKEN.")
          .withHeader("WWW-Authenticate", "Bearer")
          .toException();
    }
    return matcher.group(1);
  }
}
