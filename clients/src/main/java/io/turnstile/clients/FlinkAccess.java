package io.turnstile.clients;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/** How to log in at Flink's REST API, or at the proxy before it. Immutable; prints no secret. */
public final class FlinkAccess {

  /** No login, and the certificate authorities of Java. */
  public static final FlinkAccess OPEN = new FlinkAccess(null, null, null);

  private static final int DELETE = 0x7f;

  private final String basic;
  private final Path bearer;
  private final SSLContext tls;

  /**
   * @param basic {@code user:password}, null for none
   * @param bearer file of a token, null for none; not both
   * @param tls null for Java's own
   */
  FlinkAccess(String basic, Path bearer, SSLContext tls) {
    this.basic = basic;
    this.bearer = bearer;
    this.tls = tls;
  }

  /**
   * The header {@code Authorization} of the next request; none without a login. A token is read
   * anew: platforms replace it before it expires.
   *
   * @throws IOException if the token cannot be read, or is none; the message never repeats it
   */
  Optional<String> authorization() throws IOException {
    if (bearer != null) {
      String token = SecretFile.read(bearer).strip();
      if (!token.chars().allMatch(FlinkAccess::isVisible)) {
        // Java's HTTP client would print the header that it refuses.
        throw new IOException(bearer + " is not one line of visible ASCII characters: no token");
      }
      return Optional.of("Bearer " + token);
    }
    return Optional.ofNullable(basic)
        .map(
            login ->
                "Basic "
                    + Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8)));
  }

  private static boolean isVisible(int character) {
    return character > ' ' && character < DELETE;
  }

  Optional<SSLContext> tls() {
    return Optional.ofNullable(tls);
  }
}
