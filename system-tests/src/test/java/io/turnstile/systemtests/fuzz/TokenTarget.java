package io.turnstile.systemtests.fuzz;

import static io.turnstile.systemtests.fuzz.Model.demand;
import static io.turnstile.systemtests.fuzz.Model.demandOneLine;

import io.turnstile.decision.token.TokenCheck;
import io.turnstile.decision.token.TokenFault;
import io.turnstile.decision.token.TokenResult;
import io.turnstile.decision.token.TokenResult.NoFault;
import io.turnstile.decision.token.TokenSettings;
import io.turnstile.events.RejectionReason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A customer's token. The seeds {@code signed-*} were signed by keys that nobody has any more;
 * {@code token.jwks.json} has their public halves.
 */
public final class TokenTarget {

  static final Set<String> ALGORITHMS = Set.of("ES256", "RS256", "PS256", "EdDSA");

  /** In January 2027, epoch milliseconds. */
  static final long RECEIVED_AT = 1_800_000_000_000L;

  private static final int SHORTEST_SECRET = 16;

  private static final TokenCheck TOKENS = check(Seeds.resource("token.jwks.json"));

  /** What was signed: header and claims. One text may have several signatures that are good. */
  private static final Set<String> SIGNED =
      Seeds.of("token").stream()
          .filter(file -> file.getFileName().toString().startsWith("signed-"))
          .map(file -> withoutSignature(Seeds.text(file)))
          .collect(Collectors.toSet());

  private TokenTarget() {}

  private static TokenCheck check(Path jwks) {
    try {
      // A clock that stands still: the keys are always fresh, and never read again.
      return TokenCheck.open(
          new TokenSettings(jwks.toString(), ALGORITHMS, 100, Duration.ZERO, Duration.ofMinutes(5)),
          null,
          () -> 0,
          () -> 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A token that verifies is one that was signed. */
  public static void fuzzerTestOneInput(byte[] bytes) {
    String token = new String(bytes, StandardCharsets.UTF_8);
    TokenResult result = TOKENS.ask(token, "c-1", RECEIVED_AT);
    demand(result != NoFault.KEY_UNKNOWN, () -> "fresh keys leave nothing open");
    demand(TOKENS.ask(token, "c-1", RECEIVED_AT).equals(result), () -> "the answer stays the same");
    if (result instanceof TokenFault fault) {
      demandOneLine(fault.detail());
      demand(
          token.length() < SHORTEST_SECRET || !fault.detail().contains(token),
          () -> "no message holds the token");
    }
    boolean verified =
        !(result instanceof TokenFault fault && fault.reason() == RejectionReason.TOKEN_INVALID);
    demand(!verified || SIGNED.contains(withoutSignature(token)), () -> "what verifies was signed");
  }

  private static String withoutSignature(String token) {
    return token.substring(0, Math.max(0, token.lastIndexOf('.')));
  }
}
