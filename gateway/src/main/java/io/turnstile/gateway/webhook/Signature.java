package io.turnstile.gateway.webhook;

import io.turnstile.gateway.http.Problem;
import io.turnstile.gateway.http.ProblemException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Checks signatures of webhooks: {@code Turnstile-Signature: t=SECONDS,v1=HEX}, where {@code HEX}
 * is the HMAC-SHA256 of {@code SECONDS}, a dot, and the body. Thread-safe.
 *
 * <p>Several {@code v1} may be there, and several secrets here: so a secret can be exchanged.
 */
final class Signature {

  static final String HEADER = "Turnstile-Signature";

  private static final String ALGORITHM = "HmacSHA256";
  private static final Pattern FORM = Pattern.compile("t=(\\d{1,12})((?:,v1=[0-9a-f]{64}){1,4})");
  private static final Pattern MAC = Pattern.compile("v1=([0-9a-f]{64})");

  private final List<SecretKeySpec> secrets;
  private final Duration window;

  /**
   * @param secrets any of which may sign
   * @param window by how much the time of a signature may differ from the time now
   */
  Signature(List<String> secrets, Duration window) {
    this.secrets =
        secrets.stream()
            .map(secret -> new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), ALGORITHM))
            .toList();
    this.window = window;
  }

  /**
   * Checks a signature.
   *
   * @param header the header's value, may be null
   * @param nowMillis epoch milliseconds
   * @return the MAC that is right, in hexadecimal: the same body and time have the same
   * @throws ProblemException 401 if none is
   */
  String check(String header, byte[] body, long nowMillis) {
    Matcher form = FORM.matcher(header == null ? "" : header);
    if (!form.matches()) {
      throw invalid("Send %s: t=SECONDS,v1=HEX.".formatted(HEADER));
    }
    String seconds = form.group(1);
    List<byte[]> given = new ArrayList<>();
    Matcher macs = MAC.matcher(form.group(2));
    while (macs.find()) {
      given.add(HexFormat.of().parseHex(macs.group(1)));
    }
    byte[] right = null;
    for (SecretKeySpec secret : secrets) {
      byte[] wanted = mac(secret, seconds, body);
      for (byte[] mac : given) {
        // In constant time: how long it takes must not tell how many bytes were right.
        if (MessageDigest.isEqual(wanted, mac)) {
          right = wanted;
        }
      }
    }
    if (right == null) {
      throw invalid("No secret makes this signature of this body and time.");
    }
    // After the signature: only who has the secret learns what the time is here.
    long difference = Math.abs(nowMillis - Long.parseLong(seconds) * 1_000);
    if (difference > window.toMillis()) {
      throw invalid(
          "It was signed %d s from now, more than the %d s that are allowed."
              .formatted(difference / 1_000, window.toSeconds()));
    }
    return HexFormat.of().formatHex(right);
  }

  private static byte[] mac(SecretKeySpec secret, String seconds, byte[] body) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(secret);
      mac.update((seconds + ".").getBytes(StandardCharsets.US_ASCII));
      return mac.doFinal(body);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
    }
  }

  static ProblemException invalid(String detail) {
    return Problem.of(401, "SIGNATURE_INVALID", "The signature is not valid.", detail)
        .withHeader("WWW-Authenticate", "Signature")
        .toException();
  }
}
