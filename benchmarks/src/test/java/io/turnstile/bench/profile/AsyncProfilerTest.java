package io.turnstile.bench.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.bench.WorkingJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class AsyncProfilerTest {

  /** The first samples come half a second of CPU time after the start. */
  private static final int PIECES_OF_WORK = 6;

  @TempDir private Path directory;

  @Test
  @EnabledOnOs(OS.LINUX)
  void methodThatUsesCpuTimeIsInTheFlameGraph() throws IOException {
    AsyncProfiler profiler = AsyncProfiler.unpack(directory);
    Path html = directory.resolve("with, comma").resolve("flames.html");
    try (WorkingJvm process = BusyProcess.start()) {
      process.work();
      profiler.start(process.pid());
      for (int i = 0; i < PIECES_OF_WORK; i++) {
        process.work();
      }
      profiler.stop(process.pid(), html);
    }

    assertThat(Files.readString(html)).contains("<html", "BusyProcess.burn");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void processThatHasEndedCannotBeProfiled() throws IOException {
    AsyncProfiler profiler = AsyncProfiler.unpack(directory);
    WorkingJvm process = BusyProcess.start();
    process.close();

    assertThatThrownBy(() -> profiler.start(process.pid())).isInstanceOf(IOException.class);
  }

  @Test
  void platformWithoutLibraryIsNamed() {
    assertThatThrownBy(() -> AsyncProfiler.unpack("Windows 11", "amd64", directory))
        .hasMessage("async-profiler has no library for Windows 11 on amd64");
  }
}
