package io.turnstile.micro;

import io.turnstile.job.JobTuning;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.flink.api.common.state.KeyedStateStore;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.runtime.operators.testutils.MockEnvironment;
import org.apache.flink.runtime.operators.testutils.MockEnvironmentBuilder;
import org.apache.flink.runtime.state.CheckpointableKeyedStateBackend;
import org.apache.flink.runtime.state.DefaultKeyedStateStore;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyedStateBackendParametersImpl;
import org.apache.flink.runtime.state.ttl.TtlTimeProvider;
import org.apache.flink.runtime.util.TestingTaskManagerRuntimeInfo;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.apache.flink.state.rocksdb.RocksDBConfigurableOptions;
import org.apache.flink.util.FileUtils;

/** Keyed state in a RocksDB that is set up as the job's, without a job around it. */
public final class RocksDbBackend {

  private static final int KEY_GROUPS = 128;
  private static final long MEMORY = 256L << 20;

  private final Path directory;
  private final MockEnvironment environment;
  private final CheckpointableKeyedStateBackend<String> backend;
  private final KeyedStateStore states;

  private RocksDbBackend(
      Path directory,
      MockEnvironment environment,
      CheckpointableKeyedStateBackend<String> backend) {
    this.directory = directory;
    this.environment = environment;
    this.backend = backend;
    this.states = new DefaultKeyedStateStore(backend, this::serializerOf);
  }

  /**
   * Opens an empty one in a directory of its own.
   *
   * @param filter whether RocksDB's files have a Bloom filter, as the job's have
   */
  public static RocksDbBackend open(boolean filter) throws Exception {
    Path directory = Files.createTempDirectory("micro-benchmark-rocksdb");
    Configuration tuning = JobTuning.onDefaults();
    tuning.set(RocksDBConfigurableOptions.USE_BLOOM_FILTER, filter);
    MockEnvironment environment =
        new MockEnvironmentBuilder()
            .setTaskName("micro-benchmark")
            .setManagedMemorySize(MEMORY)
            .setMaxParallelism(KEY_GROUPS)
            // Where the native library is unpacked.
            .setTaskManagerRuntimeInfo(
                new TestingTaskManagerRuntimeInfo(new Configuration(), directory.toFile()))
            .build();
    EmbeddedRocksDBStateBackend rocksDb =
        new EmbeddedRocksDBStateBackend().configure(tuning, RocksDbBackend.class.getClassLoader());
    rocksDb.setDbStoragePath(directory.toString());
    return new RocksDbBackend(
        directory,
        environment,
        rocksDb.createKeyedStateBackend(
            new KeyedStateBackendParametersImpl<>(
                environment,
                environment.getJobID(),
                "micro-benchmark",
                StringSerializer.INSTANCE,
                KEY_GROUPS,
                new KeyGroupRange(0, KEY_GROUPS - 1),
                environment.getTaskKvStateRegistry(),
                TtlTimeProvider.DEFAULT,
                new UnregisteredMetricsGroup(),
                (name, value) -> {},
                List.of(),
                new CloseableRegistry(),
                1.0)));
  }

  private <T> TypeSerializer<T> serializerOf(TypeInformation<T> type) {
    return type.createSerializer(environment.getExecutionConfig().getSerializerConfig());
  }

  public KeyedStateStore states() {
    return states;
  }

  public void setKey(String key) {
    backend.setCurrentKey(key);
  }

  /** Ends it and deletes its directory. */
  public void close() throws Exception {
    try {
      backend.dispose();
      environment.close();
    } finally {
      delete(directory);
    }
  }

  static void delete(Path directory) throws IOException {
    FileUtils.deleteDirectory(directory.toFile());
  }
}
