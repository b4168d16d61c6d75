package io.turnstile.micro;

import io.turnstile.decision.dedup.Acceptance;
import io.turnstile.events.ContentHash;
import io.turnstile.job.RocksDbTuning;
import io.turnstile.job.codec.AcceptanceSerializer;
import io.turnstile.job.codec.ContentHashSerializer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.typeutils.base.ListSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompactionStyle;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteOptions;

/**
 * Compares RocksDB's files of acceptances with and without compression: how long the writing of
 * full memtables and the merging of files take, and how large the files are. Keys and values are
 * laid out as Flink's state backend does it.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@State(Scope.Thread)
public class CompressionBenchmark {

  private static final int KEY_GROUPS = 128;
  private static final long LARGER_THAN_ALL = 256L << 20;

  /** As many as the job merges at a time. */
  private static final int FILES = 8;

  @Param({"NO_COMPRESSION", "SNAPPY_COMPRESSION"})
  public CompressionType compression;

  /** Number of entries written at a time; as many fill the job's memtables of 4 MiB. */
  @Param("25000")
  public int acceptances;

  /** Never compared. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Entry(byte[] key, byte[] value) {}

  private final List<Entry> ids = new ArrayList<>();
  private final List<Entry> contents = new ArrayList<>();
  private final DataOutputSerializer out = new DataOutputSerializer(256);
  private final ListSerializer<Acceptance> values =
      new ListSerializer<>(AcceptanceSerializer.INSTANCE);

  /** Sizes of files, as results beside the times. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.EVENTS)
  public static class Sizes {
    public double bytesPerAcceptance;
  }

  /** A database with full memtables. */
  @State(Scope.Thread)
  public static class Filled {
    private Database database;

    @Setup(Level.Invocation)
    public void fill(CompressionBenchmark benchmark) throws Exception {
      database = new Database(benchmark.compression);
      database.put(benchmark.ids, benchmark.contents, 0, 1);
    }

    @TearDown(Level.Invocation)
    public void close() throws IOException {
      database.close();
    }
  }

  /** A database with files that are due to be merged. */
  @State(Scope.Thread)
  public static class Written {
    private Database database;

    @Setup(Level.Invocation)
    public void write(CompressionBenchmark benchmark) throws Exception {
      database = new Database(benchmark.compression);
      for (int file = 0; file < FILES; file++) {
        database.put(benchmark.ids, benchmark.contents, file, FILES);
        database.flush();
      }
    }

    @TearDown(Level.Invocation)
    public void close() throws IOException {
      database.close();
    }
  }

  @Setup
  public void prepare() throws IOException {
    for (int i = 0; i < acceptances; i++) {
      ContentHash hash = ContentHash.of(SampleRecords.transaction(i, ""));
      long receivedAt = SampleRecords.START + i / 10;
      Acceptance acceptance =
          new Acceptance(
              SampleRecords.transactionId(i), hash, i % 4, i / 4, receivedAt, receivedAt + 9);
      startKey(i);
      StringSerializer.INSTANCE.serialize(acceptance.transactionId(), out);
      ids.add(entry(acceptance.withTransactionId(null)));
      startKey(i);
      ContentHashSerializer.INSTANCE.serialize(hash, out);
      contents.add(entry(acceptance.withContentHash(null)));
    }
  }

  /** Key group, key, and an empty namespace. */
  private void startKey(int number) throws IOException {
    String customer = SampleRecords.customerId(number);
    out.clear();
    out.writeByte(KeyGroupRangeAssignment.assignToKeyGroup(customer, KEY_GROUPS));
    StringSerializer.INSTANCE.serialize(customer, out);
    out.writeByte(0);
  }

  /** The value begins with a mark that it is not null and, for its time-to-live, with a time. */
  private Entry entry(Acceptance acceptance) throws IOException {
    byte[] key = out.getCopyOfBuffer();
    out.clear();
    out.writeBoolean(false);
    values.serialize(List.of(acceptance), out);
    out.writeLong(acceptance.decidedAt());
    return new Entry(key, out.getCopyOfBuffer());
  }

  @Benchmark
  public void writeMemtables(Filled filled, Sizes sizes) throws RocksDBException {
    filled.database.flush();
    sizes.bytesPerAcceptance = filled.database.fileBytes() / (double) acceptances;
  }

  @Benchmark
  public void mergeFiles(Written written, Sizes sizes) throws RocksDBException {
    written.database.merge();
    sizes.bytesPerAcceptance = written.database.fileBytes() / (double) acceptances;
  }

  /** A RocksDB in a directory of its own, with one column family for ids and one for contents. */
  private static final class Database implements AutoCloseable {
    static {
      RocksDB.loadLibrary();
    }

    private final Path directory = Files.createTempDirectory("micro-benchmark-compression");
    private final List<AutoCloseable> handles = new ArrayList<>();
    private final List<ColumnFamilyHandle> families = new ArrayList<>();
    private final DBOptions options;
    private final ColumnFamilyOptions familyOptions;
    private final WriteOptions unlogged = new WriteOptions().setDisableWAL(true);
    private final FlushOptions waiting = new FlushOptions().setWaitForFlush(true);
    private final BloomFilter filter = new BloomFilter();
    private final RocksDB db;

    Database(CompressionType compression) throws IOException, RocksDBException {
      options = new DBOptions().setCreateIfMissing(true).setCreateMissingColumnFamilies(true);
      familyOptions =
          new RocksDbTuning()
              .createColumnOptions(
                  new ColumnFamilyOptions()
                      .setCompactionStyle(CompactionStyle.UNIVERSAL)
                      .setCompressionType(compression)
                      .setTableFormatConfig(new BlockBasedTableConfig().setFilterPolicy(filter))
                      .setWriteBufferSize(LARGER_THAN_ALL)
                      // Files are merged when the benchmark says so.
                      .setDisableAutoCompactions(true),
                  handles);
      db =
          RocksDB.open(
              options,
              directory.toString(),
              List.of(
                  new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, familyOptions),
                  family("ids"),
                  family("contents")),
              families);
    }

    private ColumnFamilyDescriptor family(String name) {
      return new ColumnFamilyDescriptor(name.getBytes(StandardCharsets.US_ASCII), familyOptions);
    }

    /** Puts every nth entry. */
    void put(List<Entry> ids, List<Entry> contents, int first, int n) throws RocksDBException {
      for (int i = first; i < ids.size(); i += n) {
        db.put(families.get(1), unlogged, ids.get(i).key, ids.get(i).value);
        db.put(families.get(2), unlogged, contents.get(i).key, contents.get(i).value);
      }
    }

    void flush() throws RocksDBException {
      db.flush(waiting, families);
    }

    void merge() throws RocksDBException {
      db.compactRange(families.get(1));
      db.compactRange(families.get(2));
    }

    long fileBytes() throws RocksDBException {
      return db.getLongProperty(families.get(1), "rocksdb.live-sst-files-size")
          + db.getLongProperty(families.get(2), "rocksdb.live-sst-files-size");
    }

    @Override
    public void close() throws IOException {
      families.forEach(ColumnFamilyHandle::close);
      db.close();
      familyOptions.close();
      filter.close();
      options.close();
      unlogged.close();
      waiting.close();
      RocksDbBackend.delete(directory);
    }
  }
}
