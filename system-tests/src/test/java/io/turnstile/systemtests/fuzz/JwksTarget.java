package io.turnstile.systemtests.fuzz;

import static io.turnstile.systemtests.fuzz.Model.demand;
import static io.turnstile.systemtests.fuzz.Model.demandOneLine;

import io.turnstile.decision.token.TokenCheck;
import io.turnstile.decision.token.TokenFault;
import io.turnstile.decision.token.TokenSettings;
import io.turnstile.events.RejectionReason;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** A JWKS, as bytes of a file. */
public final class JwksTarget {

  /** Tokens of which no JWKS has the key: of an attacker, or signed by nobody. */
  private static final List<String> FORGED =
      Seeds.of("token").stream()
          .filter(file -> !file.getFileName().toString().startsWith("signed-"))
          .map(Seeds::text)
          .toList();

  private JwksTarget() {}

  /** A JWKS is read or refused in one line; with none of them a forged token is good. */
  public static void fuzzerTestOneInput(byte[] jwks) throws IOException {
    TokenCheck tokens;
    try {
      tokens =
          TokenCheck.open(
              new TokenSettings(
                  ScratchFile.of(jwks, 0).toString(),
                  TokenTarget.ALGORITHMS,
                  100,
                  Duration.ZERO,
                  Duration.ofMinutes(5)),
              null,
              () -> 0,
              () -> 0);
    } catch (IOException e) {
      demandOneLine(e.getMessage());
      return;
    }
    for (String token : FORGED) {
      demand(
          tokens.ask(token, "c-1", TokenTarget.RECEIVED_AT) instanceof TokenFault fault
              && fault.reason() == RejectionReason.TOKEN_INVALID,
          () -> "no key makes a forged token good");
    }
  }
}
