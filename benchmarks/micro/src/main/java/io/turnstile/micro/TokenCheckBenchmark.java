package io.turnstile.micro;

import io.turnstile.decision.token.TokenCheck;
import io.turnstile.decision.token.TokenFault;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Times the check of a good token: one that is remembered, one whose signature is verified. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
public class TokenCheckBenchmark {

  @Param({"ES256", "RS256"})
  public String algorithm;

  /** Number of tokens in use. */
  @Param("1000")
  public int tokens;

  private final List<String> issued = new ArrayList<>();
  private TokenCheck remembering;
  private TokenCheck forgetting;
  private int next;

  @Setup
  public void prepare() throws Exception {
    SampleTokens issuer = new SampleTokens(algorithm);
    remembering = issuer.check(tokens);
    forgetting = issuer.check(0);
    for (int i = 0; i < tokens; i++) {
      String token = issuer.token(SampleRecords.customerId(i));
      issued.add(token);
      pass(remembering.check(token, SampleRecords.customerId(i), SampleRecords.START));
    }
    pass(forgetting.check(issued.get(0), SampleRecords.customerId(0), SampleRecords.START));
  }

  /** A benchmark of tokens that are refused would measure something else. */
  private static void pass(TokenFault fault) {
    if (fault != null) {
      throw new IllegalStateException(fault.toString());
    }
  }

  @Benchmark
  public TokenFault hit() throws IOException {
    return check(remembering);
  }

  @Benchmark
  public TokenFault miss() throws IOException {
    return check(forgetting);
  }

  /** Takes a copy of the token: that of a record is a new string, whose hash is not known yet. */
  private TokenFault check(TokenCheck check) throws IOException {
    next = (next + 1) % tokens;
    String read = copy(issued.get(next));
    return check.check(read, SampleRecords.customerId(next), SampleRecords.START);
  }

  private static String copy(String text) {
    return String.valueOf(text.toCharArray());
  }
}
