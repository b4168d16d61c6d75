package io.turnstile.job;

import java.time.Duration;
import java.util.Collection;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.state.rocksdb.ConfigurableRocksDBOptionsFactory;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompactionStyle;
import org.rocksdb.DBOptions;
import org.rocksdb.RateLimiter;
import org.rocksdb.RateLimiterMode;

/** RocksDB settings that help dedup and have no option in Flink's configuration. */
public final class RocksDbTuning implements ConfigurableRocksDBOptionsFactory {

  private static final long serialVersionUID = 1L;

  /** Of a memtable's memory. */
  private static final double FILTER_SHARE = 0.05;

  /** Of universal compaction: entries are hardly ever overwritten, merging early gains little. */
  private static final int FILES_TO_MERGE = 8;

  /**
   * A limited merge of much takes so long that RocksDB's 20 files would be there before its end.
   */
  private static final int FILES_TO_SLOW_WRITES = 64;

  private static final int FILES_TO_STOP_WRITES = 96;

  /**
   * The limit falls to a twentieth of it when nothing is merged, and rises by as much as needed.
   */
  private static final long MAX_MERGED_BYTES_PER_SECOND = 200L << 20;

  /** The limit rises every hundred refills, by a twentieth. */
  private static final long REFILL_MICROS = 10_000;

  /** Each checkpoint makes a file: where they come faster, merging them is urgent. */
  private static final Duration LEISURELY_CHECKPOINTS = Duration.ofSeconds(5);

  private boolean leisurely = true;

  @Override
  public RocksDbTuning configure(ReadableConfig configured) {
    Duration interval = configured.get(CheckpointingOptions.CHECKPOINTING_INTERVAL);
    leisurely = interval == null || interval.compareTo(LEISURELY_CHECKPOINTS) >= 0;
    return this;
  }

  /**
   * Spreads merges over time: one at full speed takes a processor from the stream for as long as it
   * lasts. Each instance has a limit of its own that follows what there is to merge. Writing
   * memtables, which a checkpoint waits for, has none; it waits only for merges that are dozens of
   * files behind.
   */
  @Override
  public DBOptions createDBOptions(DBOptions current, Collection<AutoCloseable> handlesToClose) {
    if (!leisurely) {
      return current;
    }
    RateLimiter limiter =
        new RateLimiter(
            MAX_MERGED_BYTES_PER_SECOND,
            REFILL_MICROS,
            RateLimiter.DEFAULT_FAIRNESS,
            RateLimiterMode.READS_ONLY,
            true);
    handlesToClose.add(limiter);
    return current.setRateLimiter(limiter);
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
      current
          .setLevel0FileNumCompactionTrigger(FILES_TO_MERGE)
          .setLevel0SlowdownWritesTrigger(FILES_TO_SLOW_WRITES)
          .setLevel0StopWritesTrigger(FILES_TO_STOP_WRITES);
    }
    return current;
  }
}
