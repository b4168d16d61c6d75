package io.turnstile.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompactionStyle;
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
  void universalCompactionMergesMoreFilesAtOnceAndLevelledIsLeftAsItIs() {
    try (ColumnFamilyOptions universal = new ColumnFamilyOptions();
        ColumnFamilyOptions levelled = new ColumnFamilyOptions()) {
      int usual = levelled.level0FileNumCompactionTrigger();
      tune(universal.setCompactionStyle(CompactionStyle.UNIVERSAL));
      tune(levelled.setCompactionStyle(CompactionStyle.LEVEL));
      assertThat(universal.level0FileNumCompactionTrigger()).isGreaterThan(usual);
      assertThat(levelled.level0FileNumCompactionTrigger()).isEqualTo(usual);
    }
  }

  private static void tune(ColumnFamilyOptions options) {
    assertThat(new RocksDbTuning().createColumnOptions(options, new ArrayList<>()))
        .isSameAs(options);
  }
}
