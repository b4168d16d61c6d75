package io.turnstile.testbed.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeptJarTest {

  @TempDir private Path directory;
  private Path jar;

  @BeforeEach
  void build() throws Exception {
    jar = Files.writeString(directory.resolve("job.jar"), "a build");
  }

  private Path kept() {
    return KeptJar.of(jar, directory.resolve("distribution"));
  }

  @Test
  void buildThatReplacesTheJarLeavesTheCopyAsItIs() throws Exception {
    Path kept = kept();
    Files.writeString(jar, "another build");
    assertThat(kept).hasContent("a build");
    assertThat(kept()).hasContent("another build");
    assertThat(kept.getParent()).isDirectoryNotContaining("glob:**.jar.*");
  }

  @Test
  void buildOfTheSameSizeIsAnotherOne() throws Exception {
    Path kept = kept();
    Files.writeString(jar, "A BUILD");
    Files.setLastModifiedTime(jar, FileTime.fromMillis(1));
    assertThat(kept()).isNotEqualTo(kept).hasContent("A BUILD");
  }

  /** A class data archive fits to JARs of the same path and time only. */
  @Test
  void laterTestbedsUseTheSameCopy() throws Exception {
    long built = jar.toFile().lastModified();
    Path kept = kept();
    assertThat(kept()).isEqualTo(kept);
    assertThat(kept.toFile().lastModified()).isEqualTo(built);
  }
}
