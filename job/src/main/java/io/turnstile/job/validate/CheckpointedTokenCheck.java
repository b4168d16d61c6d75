package io.turnstile.job.validate;

import io.turnstile.decision.token.Jwks;
import io.turnstile.decision.token.SavedTokens;
import io.turnstile.decision.token.TokenCheck;
import io.turnstile.decision.token.TokenSettings;
import io.turnstile.job.codec.JwksSerializer;
import io.turnstile.job.codec.SavedTokensSerializer;
import java.util.Iterator;
import java.util.List;
import java.util.function.LongSupplier;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.OperatorStateStore;

/**
 * A token check in checkpoints. The JWKS, so that a restart can do without the key server: one
 * subtask writes it, since it may be large, and every subtask gets it. And tokens that verified, so
 * that a restart need not verify them again: they stay with their subtask. When the job is rescaled
 * they are dealt out, and who gets another's has them in vain.
 */
final class CheckpointedTokenCheck {

  private final ListState<Jwks> jwks;
  private final ListState<SavedTokens> tokens;
  private final boolean writesJwks;

  CheckpointedTokenCheck(OperatorStateStore store, boolean writesJwks) throws Exception {
    this.jwks = store.getUnionListState(new ListStateDescriptor<>("jwks", JwksSerializer.INSTANCE));
    this.tokens =
        store.getListState(
            new ListStateDescriptor<>("verified-tokens", SavedTokensSerializer.INSTANCE));
    this.writesJwks = writesJwks;
  }

  /** Makes a token check of what was restored; see {@link TokenCheck} for the rest. */
  TokenCheck open(TokenSettings settings, LongSupplier nanoTime, LongSupplier epochMillis)
      throws Exception {
    Iterator<Jwks> all = jwks.get().iterator();
    Jwks restored = all.hasNext() ? all.next() : null;
    TokenCheck check = TokenCheck.open(settings, restored, nanoTime, epochMillis);
    for (SavedTokens saved : tokens.get()) {
      check.restore(saved);
    }
    return check;
  }

  void update(TokenCheck check) throws Exception {
    jwks.update(writesJwks ? List.of(check.lastRead()) : List.of());
    tokens.update(List.of(check.verified()));
  }
}
