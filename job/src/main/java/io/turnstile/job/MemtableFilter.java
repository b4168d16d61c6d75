package io.turnstile.job;

import java.util.Collection;
import org.apache.flink.state.rocksdb.RocksDBOptionsFactory;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.DBOptions;

/**
 * Gives RocksDB's memtables a Bloom filter of whole keys, as its files have one: nearly every id
 * and content that dedup looks up is new, and a memtable would be searched for it in vain.
 */
public final class MemtableFilter implements RocksDBOptionsFactory {

  private static final long serialVersionUID = 1L;

  /** Of a memtable's memory. */
  private static final double FILTER_SHARE = 0.05;

  @Override
  public DBOptions createDBOptions(DBOptions current, Collection<AutoCloseable> handlesToClose) {
    return current;
  }

  @Override
  public ColumnFamilyOptions createColumnOptions(
      ColumnFamilyOptions current, Collection<AutoCloseable> handlesToClose) {
    return current.setMemtablePrefixBloomSizeRatio(FILTER_SHARE).setMemtableWholeKeyFiltering(true);
  }
}
