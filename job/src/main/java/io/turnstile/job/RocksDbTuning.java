package io.turnstile.job;

import java.util.Collection;
import org.apache.flink.state.rocksdb.RocksDBOptionsFactory;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompactionStyle;
import org.rocksdb.DBOptions;

/** What serves dedup in RocksDB and has no option in Flink's configuration. */
public final class RocksDbTuning implements RocksDBOptionsFactory {

  private static final long serialVersionUID = 1L;

  /** Of a memtable's memory. */
  private static final double FILTER_SHARE = 0.05;

  /** Of universal compaction: entries are hardly ever overwritten, merging early gains little. */
  private static final int FILES_TO_MERGE = 8;

  @Override
  public DBOptions createDBOptions(DBOptions current, Collection<AutoCloseable> handlesToClose) {
    return current;
  }

  /**
   * Gives memtables a Bloom filter of whole keys, as files have one: nearly every id and content
   * that dedup looks up is new, and a memtable would be searched for it in vain.
   */
  @Override
  public ColumnFamilyOptions createColumnOptions(
      ColumnFamilyOptions current, Collection<AutoCloseable> handlesToClose) {
    current.setMemtablePrefixBloomSizeRatio(FILTER_SHARE).setMemtableWholeKeyFiltering(true);
    if (current.compactionStyle() == CompactionStyle.UNIVERSAL) {
      current.setLevel0FileNumCompactionTrigger(FILES_TO_MERGE);
    }
    return current;
  }
}
