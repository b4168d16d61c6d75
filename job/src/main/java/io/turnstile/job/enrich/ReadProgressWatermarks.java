package io.turnstile.job.enrich;

import io.turnstile.decision.reference.Reference;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkGeneratorSupplier;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.util.clock.RelativeClock;

/**
 * Watermarks for a stream of references that say when what is ahead of them was read: epoch
 * milliseconds by the clock of the machine that reads. They come whether there is anything to read
 * or not; what a reader has not fetched yet they do not know of.
 *
 * <p>Where that clock is behind that of a {@link ReferenceJoinOperator}, waits last longer by as
 * much.
 *
 * @param <T> the type of the references
 */
public final class ReadProgressWatermarks<T> implements WatermarkGenerator<Reference<T>> {

  /** Milliseconds between two marks: what {@code pipeline.auto-watermark-interval} must be. */
  public static final long INTERVAL_MILLIS = 200;

  /** Stands still while the reader's task is held up. */
  private final RelativeClock activity;

  private long lastActivity;

  public ReadProgressWatermarks(WatermarkGeneratorSupplier.Context context) {
    activity = context.getInputActivityClock();
    lastActivity = activity.relativeTimeMillis();
  }

  @Override
  public void onEvent(Reference<T> event, long eventTimestamp, WatermarkOutput output) {}

  /** A task that is held up reads nothing, but its timers fire. */
  @Override
  public void onPeriodicEmit(WatermarkOutput output) {
    long now = activity.relativeTimeMillis();
    if (now - lastActivity >= INTERVAL_MILLIS / 2) {
      output.emitWatermark(new Watermark(System.currentTimeMillis()));
    }
    lastActivity = now;
  }
}
