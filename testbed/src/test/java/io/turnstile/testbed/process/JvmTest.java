package io.turnstile.testbed.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.testbed.Distribution;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JvmTest {

  @TempDir private Path directory;

  /** A resource that is missing would fail every start. */
  @Test
  void everyJvmFindsItsLogConfigurationAndTheWatchdog() throws IOException {
    Jvm jvm = new Jvm(directory);
    assertThat(directory.resolve("log4j2.properties")).isNotEmptyFile();
    try (JarFile watchdog = new JarFile(Distribution.parentWatchdog().toFile())) {
      assertThat(watchdog.stream().map(ZipEntry::getName))
          .contains(ParentWatchdog.class.getName().replace('.', '/') + ".class");
    }
    assertThat(jvm.command(List.of(), "Main", List.of("argument")))
        .contains("-Dlog4j2.configurationFile=" + directory.resolve("log4j2.properties"))
        .endsWith(ParentWatchdog.class.getName(), "Main", "argument");
  }
}
