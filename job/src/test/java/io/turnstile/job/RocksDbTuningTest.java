package io.turnstile.job;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompactionStyle;
import org.rocksdb.DBOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.Options;
import org.rocksdb.RateLimiter;
import org.rocksdb.RocksDB;

class RocksDbTuningTest {

  @BeforeAll
  static void load() {
    RocksDB.loadLibrary();
  }

  @Test
  void memtablesHaveAFilterOfWholeKeys() {
    try (ColumnFamilyOptions options = new ColumnFamilyOptions()) {
      tune(options);
      assertThat(options.memtableWholeKeyFiltering()).isTrue();
      assertThat(options.memtablePrefixBloomSizeRatio()).isPositive();
    }
  }

  @Test
  void universalCompactionMayHaveMoreFilesAndLevelledIsLeftAsItIs() {
    try (ColumnFamilyOptions universal = new ColumnFamilyOptions();
        ColumnFamilyOptions levelled = new ColumnFamilyOptions()) {
      int usual = levelled.level0FileNumCompactionTrigger();
      int usuallySlow = levelled.level0SlowdownWritesTrigger();
      int usuallyStopped = levelled.level0StopWritesTrigger();
      tune(universal.setCompactionStyle(CompactionStyle.UNIVERSAL));
      tune(levelled.setCompactionStyle(CompactionStyle.LEVEL));
      assertThat(universal.level0FileNumCompactionTrigger()).isGreaterThan(usual);
      assertThat(universal.level0SlowdownWritesTrigger()).isGreaterThan(usuallyStopped);
      assertThat(universal.level0StopWritesTrigger())
          .isGreaterThan(universal.level0SlowdownWritesTrigger());
      assertThat(levelled.level0FileNumCompactionTrigger()).isEqualTo(usual);
      assertThat(levelled.level0SlowdownWritesTrigger()).isEqualTo(usuallySlow);
      assertThat(levelled.level0StopWritesTrigger()).isEqualTo(usuallyStopped);
    }
  }

  @Test
  void mergesAreLimitedAndWritingMemtablesIsNot(@TempDir Path directory) throws Exception {
    Random random = new Random(1);
    List<AutoCloseable> handles = new ArrayList<>();
    try (DBOptions dbOptions = new DBOptions().setCreateIfMissing(true);
        ColumnFamilyOptions familyOptions = new ColumnFamilyOptions();
        Options options =
            new Options(new RocksDbTuning().createDBOptions(dbOptions, handles), familyOptions);
        FlushOptions flush = new FlushOptions();
        RocksDB db = RocksDB.open(options, directory.toString())) {
      RateLimiter limiter = (RateLimiter) handles.get(0);
      for (int file = 0; file < 2; file++) {
        for (int key = 0; key < 100; key++) {
          db.put(("key " + key).getBytes(UTF_8), incompressible(random));
        }
        db.flush(flush);
      }
      assertThat(limiter.getTotalBytesThrough()).isZero();
      db.compactRange();
      assertThat(limiter.getTotalBytesThrough()).isPositive();
    } finally {
      for (AutoCloseable handle : handles) {
        handle.close();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"50, false", "4999, false", "5000, true", "30000, true", ", true"})
  void mergesAreLimitedWhereCheckpointsAreSecondsApart(Long intervalMillis, boolean limited)
      throws Exception {
    Configuration configured = new Configuration();
    if (intervalMillis != null) {
      configured.set(
          CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(intervalMillis));
    }
    List<AutoCloseable> handles = new ArrayList<>();
    try (DBOptions options = new DBOptions()) {
      new RocksDbTuning().configure(configured).createDBOptions(options, handles);
      assertThat(handles).hasSize(limited ? 1 : 0);
    } finally {
      for (AutoCloseable handle : handles) {
        handle.close();
      }
    }
  }

  private static byte[] incompressible(Random random) {
    byte[] bytes = new byte[10_000];
    random.nextBytes(bytes);
    return bytes;
  }

  private static void tune(ColumnFamilyOptions options) {
    assertThat(new RocksDbTuning().createColumnOptions(options, new ArrayList<>()))
        .isSameAs(options);
  }
}
