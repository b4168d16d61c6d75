package io.turnstile.job;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CheckOptionsTest {

  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int run(String... options) {
    String[] all = new String[options.length + 2];
    all[0] = "--bootstrap-servers=a:1";
    all[1] = "--jwks=/keys/that/are/elsewhere.json";
    System.arraycopy(options, 0, all, 2, options.length);
    return CheckOptions.run(all, Map.of(), new PrintStream(err, true, UTF_8));
  }

  @Test
  void optionsThatTheJobTakesPassInSilence() {
    assertThat(run("--checkpoint-interval=10s")).isZero();
    assertThat(err.toString(UTF_8)).isEmpty();
  }

  @Test
  void valueThatOnlyTheJobCanRefuseIsNamed() {
    assertThat(run("--checkpoint-interval=1ms")).isEqualTo(2);
    assertThat(err.toString(UTF_8).strip())
        .startsWith("turnstile: --checkpoint-interval must be at least")
        .doesNotContain("\n");
  }
}
