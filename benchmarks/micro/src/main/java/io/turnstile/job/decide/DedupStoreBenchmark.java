package io.turnstile.job.decide;

import io.turnstile.decision.dedup.Acceptance;
import io.turnstile.decision.dedup.DedupSettings;
import io.turnstile.events.ContentHash;
import io.turnstile.micro.RocksDbBackend;
import io.turnstile.micro.SampleRecords;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Times dedup on RocksDB as the job sets it up: most acceptances in files, the last ones in a
 * memtable. Changing the current key is part of it, as it is for every record.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
public class DedupStoreBenchmark {

  private static final DedupSettings SETTINGS =
      new DedupSettings(Duration.ofHours(1), Duration.ofMinutes(10), Duration.ofHours(1));

  /** Spreads look-ups over all that is known; prime, and so without a pattern of customers. */
  private static final long STRIDE = 7_919;

  /** Number of known acceptances. */
  @Param("200000")
  public int acceptances;

  /** The Bloom filter of RocksDB's files. */
  @Param({"true", "false"})
  public boolean filter;

  private RocksDbBackend backend;
  private FlinkDedupStore store;

  /** Of the next look-up. */
  private long number;

  /** Of the next acceptance. */
  private long next;

  @Setup
  public void prepare() throws Exception {
    backend = RocksDbBackend.open(filter);
    store = new FlinkDedupStore(backend.states(), SETTINGS, System::currentTimeMillis);
    for (next = 0; next < acceptances; next++) {
      accept(next);
    }
  }

  @TearDown
  public void close() throws Exception {
    backend.close();
  }

  private void accept(long accepted) throws Exception {
    backend.setKey(SampleRecords.customerId(accepted));
    store.remember(acceptance(accepted), List.of(), List.of());
  }

  private static Acceptance acceptance(long number) {
    long receivedAt = SampleRecords.START + number / 10;
    return new Acceptance(
        SampleRecords.transactionId(number),
        ContentHash.of(SampleRecords.transaction(number, "")),
        (int) (number % 4),
        number / 4,
        receivedAt,
        receivedAt + 9);
  }

  /** An id that the customer has used before. */
  @Benchmark
  public List<Acceptance> hit() throws Exception {
    number = (number + STRIDE) % acceptances;
    backend.setKey(SampleRecords.customerId(number));
    return store.byId(SampleRecords.transactionId(number));
  }

  /** A new id of a customer who has others. */
  @Benchmark
  public List<Acceptance> miss() throws Exception {
    number = (number + STRIDE) % acceptances;
    backend.setKey(SampleRecords.customerId(number));
    return store.byId(SampleRecords.transactionId(number + acceptances));
  }

  /** A new acceptance, under its id and its content; the making of its hash included. */
  @Benchmark
  public void remember() throws Exception {
    accept(next++);
  }
}
