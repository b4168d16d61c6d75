package io.turnstile.job.read;

import io.turnstile.events.SourcePosition;
import io.turnstile.job.codec.BinaryCodec;
import io.turnstile.job.codec.StateFormat;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.roaringbitmap.longlong.Roaring64Bitmap;

/** Positions of inputs, as a bitmap of offsets per source partition. Not thread-safe. */
public final class PositionSet {

  private static final int FORMAT = 1;

  private record Partition(String topic, int number) {}

  private final Map<Partition, Roaring64Bitmap> offsets = new HashMap<>();
  private long size;

  /** Adds a position; false if it is there already. */
  public boolean add(SourcePosition position) {
    Roaring64Bitmap bitmap =
        offsets.computeIfAbsent(partitionOf(position), partition -> new Roaring64Bitmap());
    if (bitmap.contains(position.offset())) {
      return false;
    }
    bitmap.addLong(position.offset());
    size++;
    return true;
  }

  /** Removes a position; false if it is not there. */
  public boolean remove(SourcePosition position) {
    if (offsets.isEmpty()) {
      return false;
    }
    Partition partition = partitionOf(position);
    Roaring64Bitmap bitmap = offsets.get(partition);
    if (bitmap == null || !bitmap.contains(position.offset())) {
      return false;
    }
    bitmap.removeLong(position.offset());
    size--;
    if (bitmap.isEmpty()) {
      offsets.remove(partition);
    }
    return true;
  }

  public long size() {
    return size;
  }

  /** Takes the offsets of one source partition. */
  @FunctionalInterface
  public interface PartitionConsumer {
    void accept(String topic, int partition, Roaring64Bitmap offsets);
  }

  /** Hands out each source partition that has positions; the offsets are the set's own. */
  public void forEachPartition(PartitionConsumer consumer) {
    offsets.forEach(
        (partition, bitmap) -> consumer.accept(partition.topic, partition.number, bitmap));
  }

  public PositionSet copy() {
    PositionSet copy = new PositionSet();
    offsets.forEach((partition, bitmap) -> copy.offsets.put(partition, bitmap.clone()));
    copy.size = size;
    return copy;
  }

  private static Partition partitionOf(SourcePosition position) {
    return new Partition(position.topic(), position.partition());
  }

  /** The bitmaps are in Roaring's portable 64-bit format. */
  public void write(DataOutputView out) throws IOException {
    out.writeByte(FORMAT);
    out.writeInt(offsets.size());
    for (Map.Entry<Partition, Roaring64Bitmap> entry : offsets.entrySet()) {
      BinaryCodec.writeText(entry.getKey().topic(), out);
      out.writeInt(entry.getKey().number());
      entry.getValue().runOptimize();
      entry.getValue().serializePortable(out);
    }
  }

  public static PositionSet read(DataInputView in) throws IOException {
    StateFormat.expect(FORMAT, in.readByte(), PositionSet.class);
    PositionSet set = new PositionSet();
    for (int left = in.readInt(); left > 0; left--) {
      Partition partition = new Partition(BinaryCodec.readText(in), in.readInt());
      Roaring64Bitmap bitmap = new Roaring64Bitmap();
      bitmap.deserializePortable(in);
      set.offsets.put(partition, bitmap);
      set.size += bitmap.getLongCardinality();
    }
    return set;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PositionSet that && offsets.equals(that.offsets);
  }

  @Override
  public int hashCode() {
    return offsets.hashCode();
  }

  @Override
  public String toString() {
    return offsets.toString();
  }
}
