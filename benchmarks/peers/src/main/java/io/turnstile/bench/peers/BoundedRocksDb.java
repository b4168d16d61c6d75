package io.turnstile.bench.peers;

import java.util.Map;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.Cache;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.WriteBufferManager;

/**
 * One budget of memory for all RocksDB stores of the process, blocks and memtables together, as
 * Flink bounds its own.
 */
public final class BoundedRocksDb implements RocksDBConfigSetter {

  /** The budget: an Integer among the properties of Kafka Streams, in MiB. */
  static final String MEGABYTES = "peer.rocksdb.megabytes";

  /** The part of the budget for memtables, and for indexes and filters: Flink's defaults. */
  private static final double MEMTABLES = 0.5;

  private static final double INDEXES = 0.1;

  /**
   * Memtables as Turnstile's: small, and with a filter, since nearly every key asked for is new.
   */
  private static final long MEMTABLE_BYTES = 4 << 20;

  private static final double MEMTABLE_FILTER = 0.05;

  private record Budget(Cache cache, WriteBufferManager memtables) {}

  private static Budget budget;

  @Override
  public void setConfig(String storeName, Options options, Map<String, Object> configs) {
    Budget shared = budget(((Integer) configs.get(MEGABYTES)) * (1L << 20));
    BlockBasedTableConfig table = (BlockBasedTableConfig) options.tableFormatConfig();
    table.setBlockCache(shared.cache());
    table.setCacheIndexAndFilterBlocks(true);
    table.setCacheIndexAndFilterBlocksWithHighPriority(true);
    table.setPinTopLevelIndexAndFilter(true);
    options.setWriteBufferManager(shared.memtables());
    options.setWriteBufferSize(MEMTABLE_BYTES);
    options.setMemtablePrefixBloomSizeRatio(MEMTABLE_FILTER);
    options.setMemtableWholeKeyFiltering(true);
    options.setTableFormatConfig(table);
  }

  /** Shared by all stores, so it lives as long as the process. */
  @Override
  public void close(String storeName, Options options) {}

  private static synchronized Budget budget(long bytes) {
    if (budget == null) {
      RocksDB.loadLibrary();
      Cache cache = new LRUCache(bytes, -1, false, INDEXES);
      budget = new Budget(cache, new WriteBufferManager((long) (bytes * MEMTABLES), cache));
    }
    return budget;
  }
}
