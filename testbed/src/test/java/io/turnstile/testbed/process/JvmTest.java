package io.turnstile.testbed.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JvmTest {

  @TempDir private Path directory;

  /** A resource that is missing would fail every start. */
  @Test
  void everyJvmFindsItsLogConfigurationAndTheWatchdog() {
    Jvm jvm = new Jvm(directory);
    assertThat(directory.resolve("log4j2.properties")).isNotEmptyFile();
    assertThat(directory.resolve("classes/io/turnstile/testbed/process/ParentWatchdog.class"))
        .isNotEmptyFile();
    assertThat(jvm.command(List.of(), "Main", List.of("argument")))
        .contains("-Dlog4j2.configurationFile=" + directory.resolve("log4j2.properties"))
        .endsWith(ParentWatchdog.class.getName(), "Main", "argument");
  }
}
