package io.turnstile.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.testbed.OptionTable;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * Keeps {@code docs/options.md} as the option classes are. To write it anew:
 *
 * <pre>
 * mvn test -pl job -am -Dtest=OptionsDocumentTest -Dsurefire.failIfNoSpecifiedTests=false -Doptions.write=true
 * </pre>
 */
class OptionsDocumentTest {

  private static final Path DOCUMENT =
      Path.of(System.getProperty("turnstile.home"), "docs", "options.md");

  private static final String HEAD =
      """
      # Options of the job

      Each option is an argument (`--dedup-window 2h`), an environment variable
      (`TURNSTILE_DEDUP_WINDOW=2h`) or a line of the properties file that `--options` names
      (`dedup-window=2h`). An argument wins over the environment, the environment over the file.
      Durations are a number and `ms`, `s`, `m` or `min`, `h` or `d`. A switch is `true` or `false`
      there. White space around a value is removed, and an empty one counts as absent. Quotation marks
      around a value in a variable or a file are refused, except for a password: write none.

      The commands of `./turnstile` list theirs with `--help`, and take them in the same three ways. An
      option that can be repeated has one value in a variable or a file. One exception: `bench run`
      measures a deployment that runs already only if an argument names its `--bootstrap-servers`, so
      that no forgotten variable sends load there.

      One file can serve the job and all commands. In it `lanes=8` is for everything that reads the
      file, `job.lanes=8` for the job alone, `watch.duration=5m` for one command alone; the longer name
      wins. What is another program's is not looked at, anything else must be an option of the reader:
      a misspelt name is refused. Give what only the job knows, such as `job.commit-interval`, with its
      prefix.

      *This page is generated from the option classes; a test keeps it up to date.*

      | option | environment | default | |
      |---|---|---|---|
      """;

  @Test
  void documentListsEveryOptionAsItIs() throws Exception {
    String expected = HEAD + OptionTable.rows(JobConfig.options());
    if (Boolean.getBoolean("options.write")) {
      Files.writeString(DOCUMENT, expected);
    }
    assertThat(DOCUMENT).content().isEqualTo(expected);
  }
}
