package io.turnstile.testbed.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.testbed.Distribution;
import io.turnstile.testbed.LogFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassDataArchiveTest {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  @TempDir private Path directory;

  private Path jar;
  private ManagedProcess process;

  @BeforeEach
  void packApplication() throws IOException {
    jar = directory.resolve("application.jar");
    String name = WaitingApplication.class.getName().replace('.', '/') + ".class";
    try (InputStream in = WaitingApplication.class.getResourceAsStream("/" + name);
        JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
      out.putNextEntry(new JarEntry(name));
      in.transferTo(out);
    }
    process = new ManagedProcess("waiting", new LogFile(directory.resolve("waiting.log")));
  }

  @AfterEach
  void endApplication() {
    process.close();
  }

  private ClassDataArchive archive() {
    return ClassDataArchive.in(directory, "waiting", Distribution.parentWatchdog() + ":" + jar);
  }

  @Test
  void jvmMapsWhatAnEarlierOneRecorded() throws IOException {
    start("first");
    assertThat(mappings()).doesNotContain(archive().file().toString());
    archive().record(process.pid());
    process.kill();
    assertThat(archive().file()).isNotEmptyFile();

    start("second");
    assertThat(mappings()).contains(archive().file().toString());
  }

  @Test
  void jvmThatIsGoneLeavesNoArchive() throws IOException {
    start("first");
    long pid = process.pid();
    process.kill();
    archive().record(pid);
    assertThat(archive().file()).doesNotExist();
    assertThat(archive().file().getParent()).isEmptyDirectory();
  }

  @Test
  void otherJarsHaveAnotherArchive() throws IOException {
    ClassDataArchive before = archive();
    Files.write(jar, new byte[1]);
    assertThat(archive()).isNotEqualTo(before);
  }

  private void start(String greeting) {
    Jvm jvm = new Jvm(directory.resolve("jvm"));
    List<String> options = new ArrayList<>(Jvm.SHORT_LIVED);
    options.addAll(archive().useOrRecord());
    process.start(
        jvm.command(options, WaitingApplication.class.getName(), List.of(greeting)),
        Jvm.environment(jar.toString()));
    process.awaitReady(
        PATIENCE, () -> process.log().lines().anyMatch(line -> line.endsWith(greeting)));
  }

  private String mappings() throws IOException {
    return Files.readString(Path.of("/proc", Long.toString(process.pid()), "maps"));
  }
}
