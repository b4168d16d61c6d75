package io.turnstile.bench.demo;

import io.turnstile.bench.engine.Deployment;
import io.turnstile.bench.engine.RunningEngine;
import io.turnstile.bench.local.DeploymentWatch;
import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.measure.VerdictProbe.VerdictListener;
import io.turnstile.bench.run.RunView;
import io.turnstile.bench.scenario.LoadProfile;
import io.turnstile.clients.Screen;
import io.turnstile.clients.VerdictCode;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.LedgerEntry;
import io.turnstile.events.RejectionReason;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.utils.Utils;

/** Shows a run as a table of inputs and verdicts, second by second. Thread-safe. */
final class DemoView implements RunView, VerdictListener {

  private final Screen screen;
  private final LoadProfile load;
  private final Map<String, Long> verdicts = new ConcurrentHashMap<>();
  private final Recorder latency = new Recorder(2);
  private volatile LatencyRecorder recorder;
  private volatile DeploymentWatch watch;
  private volatile LiveTable table;
  private volatile boolean sending;

  DemoView(Screen screen, LoadProfile load) {
    this.screen = screen;
    this.load = load;
  }

  @Override
  public void line(String format, Object... arguments) {
    screen.line(format, arguments);
  }

  @Override
  public void live(String format, Object... arguments) {
    String line = format(format, arguments);
    screen.live(List.of(line), line);
  }

  @Override
  public <T> T step(String what, Callable<T> work) throws Exception {
    screen.settle();
    return screen.step(what.substring(0, 1).toUpperCase(Locale.ROOT) + what.substring(1), work);
  }

  @Override
  public void started(Deployment deployment, RunningEngine engine) {
    URI flink = deployment.testbed().flinkUrl();
    screen.line("Flink's web UI: %s", flink);
    watch = new DeploymentWatch(deployment.testbed(), engine, screen);
    table = new LiveTable(load.warmUp().plus(load.length()), flink);
  }

  @Override
  public VerdictListener listener(LatencyRecorder stretch) {
    recorder = stretch;
    return this;
  }

  @Override
  public void sent(long intendedNanos, long nowNanos) {
    recorder.sent(intendedNanos, nowNanos);
  }

  @Override
  public void joined(int partition, long intendedNanos, long verdictNanos) {
    latency.recordValue(Math.max(0, TimeUnit.NANOSECONDS.toMicros(verdictNanos - intendedNanos)));
    recorder.joined(partition, intendedNanos, verdictNanos);
  }

  @Override
  public void verdict(ConsumerRecord<ByteBuffer, ByteBuffer> verdict) {
    outcome(VerdictCode.of(verdict.headers(), () -> Utils.toArray(verdict.value())));
  }

  @Override
  public void outcome(String code) {
    verdicts.merge(code, 1L, Long::sum);
  }

  @Override
  public void tick(LatencyRecorder stretch, long sent, long answered) {
    watch.look();
    if (!stretch.started()) {
      live("Publishing customers and products …");
      return;
    }
    if (!sending) {
      sending = true;
      screen.line(
          "customers and products published; sending %,.0f transactions/s", load.peakRate());
    }
    long now = System.nanoTime();
    table.add(
        Duration.ofNanos(Math.max(0, now - stretch.startNanos())),
        sent,
        answered,
        verdicts,
        latency.getIntervalHistogram(),
        stretch.measured());
    screen.live(table.block(), table.line());
  }

  private static String format(String format, Object... arguments) {
    return String.format(Locale.ROOT, format, arguments);
  }

  /** The state of a run, second by second: a block for a terminal, or a line. Not thread-safe. */
  static final class LiveTable {

    private final Duration length;
    private final URI flink;
    private Duration elapsed = Duration.ZERO;
    private Map<String, Long> now = Map.of();
    private Map<String, Long> before = Map.of();
    private long waiting;
    private double interval = 1;
    private Histogram second = new Histogram(2);
    private Histogram all = second;

    LiveTable(Duration length, URI flink) {
      this.length = length;
      this.flink = flink;
    }

    /** Takes the counts so far, verdicts by their codes in a ledger, and latencies in µs. */
    void add(
        Duration elapsed,
        long sent,
        long answered,
        Map<String, Long> verdicts,
        Histogram second,
        Histogram all) {
      interval = Math.max(0.001, elapsed.minus(this.elapsed).toMillis() / 1000.0);
      this.elapsed = elapsed;
      before = now;
      now = new LinkedHashMap<>();
      now.put("sent", sent);
      now.put("accepted", verdicts.getOrDefault(LedgerEntry.ACCEPTED, 0L));
      sum("rejected", RejectionReason.values(), verdicts);
      sum("dead-lettered", DeadLetterCode.values(), verdicts);
      waiting = sent - answered;
      this.second = second;
      this.all = all;
    }

    /** Adds a row for the codes together, and one for each that has come. */
    private void sum(String name, Enum<?>[] codes, Map<String, Long> verdicts) {
      now.put(name, 0L);
      for (Enum<?> code : codes) {
        long count = verdicts.getOrDefault(code.name(), 0L);
        if (count > 0) {
          now.merge(name, count, Long::sum);
          now.put("  " + code.name(), count);
        }
      }
    }

    /** For a terminal; no line is longer than 80 characters, or redrawing would go astray. */
    List<String> block() {
      List<String> lines = new ArrayList<>(List.of(""));
      lines.add(format("%-24s Flink: %s", time(), flink));
      lines.add(format("%-24s %12s %9s", "", "total", "per s"));
      now.forEach(
          (name, total) -> lines.add(format("%-24s %,12d %,9.0f", name, total, perSecond(name))));
      lines.add(format("%-24s %,12d", "waiting for verdict", waiting));
      lines.add(format("%-24s  %s", "latency, last second", ms(second)));
      lines.add(format("%-24s  %s", "latency since warm-up", ms(all)));
      return lines;
    }

    /** For a file or a pipe. */
    String line() {
      return format(
          "%4d s  sent %,d (%,.0f/s)  accepted %,d  rejected %,d  dead-lettered %,d  waiting %,d "
              + " committed %s",
          elapsed.toSeconds(),
          now.get("sent"),
          perSecond("sent"),
          now.get("accepted"),
          now.get("rejected"),
          now.get("dead-lettered"),
          waiting,
          ms(second));
    }

    private double perSecond(String row) {
      return (now.get(row) - before.getOrDefault(row, 0L)) / interval;
    }

    private String time() {
      return elapsed.compareTo(length) < 0
          ? format("%d of %d s", elapsed.toSeconds(), length.toSeconds())
          : format("%d s, catching up", elapsed.toSeconds());
    }

    private static String ms(Histogram micros) {
      double p50 = micros.getValueAtPercentile(50) / 1000.0;
      double p99 = micros.getValueAtPercentile(99) / 1000.0;
      return micros.getTotalCount() == 0 ? "none" : format("p50 %,.0f ms  p99 %,.0f ms", p50, p99);
    }
  }
}
