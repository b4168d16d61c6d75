package io.turnstile.testbed.slowstorage;

import java.net.URI;
import java.time.Duration;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.FileSystemFactory;

/** Makes {@code slow:///path} an address of the local directory {@code /path} in Flink. */
public final class SlowStorageFactory implements FileSystemFactory {

  static final String SCHEME = "slow";

  /** Delay when a written file is closed, like that of object storage when it accepts one. */
  static final ConfigOption<Duration> CLOSE_DELAY =
      ConfigOptions.key("slow-storage.close-delay")
          .durationType()
          .defaultValue(Duration.ofMillis(300));

  private Duration closeDelay = CLOSE_DELAY.defaultValue();

  @Override
  public void configure(Configuration config) {
    closeDelay = config.get(CLOSE_DELAY);
  }

  @Override
  public String getScheme() {
    return SCHEME;
  }

  @Override
  public FileSystem create(URI address) {
    return new SlowFileSystem(closeDelay);
  }
}
