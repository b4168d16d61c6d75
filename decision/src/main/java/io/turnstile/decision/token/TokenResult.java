package io.turnstile.decision.token;

/** The result of a token check: a {@link TokenFault}, or one of {@link NoFault}. */
public sealed interface TokenResult permits TokenFault, TokenResult.NoFault {

  /** Results that refuse nothing. */
  enum NoFault implements TokenResult {

    /** The token lets its transaction pass. */
    PASSED,

    /**
     * The token's key is unknown and the keys are being read again: ask again a little later. It is
     * never the answer for a token whose key is known.
     */
    KEY_UNKNOWN
  }
}
