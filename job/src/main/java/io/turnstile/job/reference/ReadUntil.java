package io.turnstile.job.reference;

import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkOutput;

/**
 * Watermarks for a stream of references: when what is ahead of them was read, epoch milliseconds by
 * the clock of the machine that reads. They come whether there is anything to read or not.
 *
 * <p>A {@link ReferenceJoinOperator} refuses nothing before it has seen them. Where that clock is
 * behind the operator's by more than a second, it refuses later by as much.
 *
 * @param <T> the reference records' type
 */
public final class ReadUntil<T> implements WatermarkGenerator<Reference<T>> {

  /** How often a mark is due, milliseconds: Flink's interval of automatic watermarks. */
  public static final long INTERVAL_MILLIS = 200;

  @Override
  public void onEvent(Reference<T> event, long eventTimestamp, WatermarkOutput output) {}

  @Override
  public void onPeriodicEmit(WatermarkOutput output) {
    output.emitWatermark(new Watermark(System.currentTimeMillis()));
  }
}
