package io.turnstile.testbed.slowstorage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ServiceLoader;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.FileSystem.WriteMode;
import org.apache.flink.core.fs.FileSystemFactory;
import org.apache.flink.core.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SlowStorageTest {

  private static final Duration DELAY = Duration.ofMillis(20);

  @TempDir private java.nio.file.Path directory;

  @Test
  void flinkFindsIt() {
    assertThat(ServiceLoader.load(FileSystemFactory.class))
        .anyMatch(factory -> factory.getScheme().equals("slow"));
  }

  @Test
  void closingAFileTakesAsLongAsConfigured() throws Exception {
    FSDataOutputStream file = storage().create(path("file"), WriteMode.NO_OVERWRITE);
    file.write("content".getBytes(StandardCharsets.UTF_8));

    long started = System.nanoTime();
    file.close();

    assertThat(Duration.ofNanos(System.nanoTime() - started)).isGreaterThanOrEqualTo(DELAY);
  }

  @Test
  void whatWasWrittenIsReadBack() throws Exception {
    FileSystem storage = storage();
    try (FSDataOutputStream file = storage.create(path("file"), WriteMode.NO_OVERWRITE)) {
      file.write("content".getBytes(StandardCharsets.UTF_8));
    }
    try (InputStream file = storage.open(path("file"))) {
      assertThat(file.readAllBytes()).asString(StandardCharsets.UTF_8).isEqualTo("content");
    }
  }

  private Path path(String name) {
    return new Path("slow://" + directory.resolve(name));
  }

  private static FileSystem storage() {
    Configuration config = new Configuration();
    config.set(SlowStorageFactory.CLOSE_DELAY, DELAY);
    SlowStorageFactory factory = new SlowStorageFactory();
    factory.configure(config);
    return factory.create(URI.create("slow:///"));
  }
}
