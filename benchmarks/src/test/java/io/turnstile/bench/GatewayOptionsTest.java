package io.turnstile.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.clients.OptionSources;
import io.turnstile.testbed.OptionTable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Keeps the table at the end of {@code docs/gateway.md} as the option classes are. To write it
 * anew, run this test with {@code -Doptions.write=true}.
 */
class GatewayOptionsTest {

  private static final Path DOCUMENT =
      Path.of(System.getProperty("turnstile.home"), "docs", "gateway.md");

  private static final String HEAD = "| option | environment | default | |\n|---|---|---|---|\n";

  @Test
  void documentListsEveryOptionAsItIs() throws Exception {
    List<OptionSpec> options =
        Laboratory.commandLine().getSubcommands().get("gateway").getCommandSpec().options().stream()
            .filter(option -> !option.usageHelp() && !option.versionHelp())
            .filter(option -> !option.longestName().equals(OptionSources.FILE_OPTION))
            .toList();
    String text = Files.readString(DOCUMENT);
    String expected =
        text.substring(0, text.indexOf(HEAD) + HEAD.length()) + OptionTable.rows(options);
    if (Boolean.getBoolean("options.write")) {
      Files.writeString(DOCUMENT, expected);
    }
    assertThat(DOCUMENT).content().isEqualTo(expected);
  }
}
