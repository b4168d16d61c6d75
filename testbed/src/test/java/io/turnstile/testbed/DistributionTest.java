package io.turnstile.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DistributionTest {
  @TempDir private Path directory;

  @Test
  void missingDistributionSaysHowToBuildIt() {
    assertThatThrownBy(() -> Distribution.in(directory))
        .isInstanceOf(TestbedException.class)
        .hasMessageContaining(directory.toString())
        .hasMessageContaining("mvn -q package");
  }

  @Test
  void onlyListedJarsAreOnTheClassPath() throws Exception {
    Files.createDirectory(directory.resolve("lib"));
    Files.createFile(directory.resolve("lib/old-1.jar"));
    Files.writeString(directory.resolve("classpath"), "lib/a-2.jar:lib/b-2.jar\n");
    assertThat(Distribution.in(directory).classPath())
        .isEqualTo(
            directory.resolve("lib/a-2.jar")
                + File.pathSeparator
                + directory.resolve("lib/b-2.jar"));
  }
}
