package io.turnstile.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.state.rocksdb.RocksDBConfigurableOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TurnstileJobTest {

  @Test
  void clusterThatSaysNothingGetsWhatServesTheJob() {
    Configuration tuning = TurnstileJob.tuning(new Configuration());
    assertThat(tuning.get(ExecutionOptions.BUFFER_TIMEOUT)).isEqualTo(Duration.ofMillis(1));
    assertThat(tuning.get(StateBackendOptions.STATE_BACKEND)).isEqualTo("rocksdb");
    assertThat(tuning.get(CheckpointingOptions.INCREMENTAL_CHECKPOINTS)).isTrue();
  }

  @Test
  void predefinedOptionsOfTheClusterAreNotMixedWithOthers() {
    Configuration tuning =
        TurnstileJob.tuning(
            Configuration.fromMap(
                Map.of(
                    "state.backend.rocksdb.predefined-options",
                    "SPINNING_DISK_OPTIMIZED_HIGH_MEM")));
    assertThat(tuning.keySet())
        .doesNotContain(
            RocksDBConfigurableOptions.WRITE_BUFFER_SIZE.key(),
            RocksDBConfigurableOptions.COMPACTION_STYLE.key(),
            RocksDBConfigurableOptions.COMPRESSION_PER_LEVEL.key());
  }

  /** Those behind the option's own name are its older ones, which Flink still reads. */
  @ParameterizedTest
  @CsvSource({
    "execution.buffer-timeout.interval, 20 ms",
    "execution.buffer-timeout, 20 ms",
    "state.backend.type, hashmap",
    "state.backend, hashmap",
    "execution.checkpointing.incremental, false",
    "state.backend.incremental, false",
    "state.backend.rocksdb.writebuffer.size, 16mb",
    "state.backend.rocksdb.compaction.style, LEVEL",
    "state.backend.rocksdb.compression.per.level, LZ4_COMPRESSION",
  })
  void whatTheClusterSaysStaysByWhateverName(String key, String value) {
    Configuration cluster = Configuration.fromMap(Map.of(key, value));
    Configuration job = new Configuration(cluster);
    Configuration tuning = TurnstileJob.tuning(cluster);
    job.addAll(tuning);
    assertThat(tuning.keySet())
        .hasSize(TurnstileJob.tuning(new Configuration()).keySet().size() - 1);
    assertThat(job.get(ExecutionOptions.BUFFER_TIMEOUT))
        .isEqualTo(Duration.ofMillis(value.endsWith("ms") ? 20 : 1));
    assertThat(job.get(StateBackendOptions.STATE_BACKEND))
        .isEqualTo(value.equals("hashmap") ? value : "rocksdb");
    assertThat(job.get(CheckpointingOptions.INCREMENTAL_CHECKPOINTS))
        .isEqualTo(!value.equals("false"));
  }
}
