package io.turnstile.bench.demo;

import io.turnstile.bench.engine.Deployment;
import io.turnstile.bench.engine.RunningEngine;
import io.turnstile.bench.local.DeploymentWatch;
import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.measure.VerdictListener;
import io.turnstile.bench.run.RunView;
import io.turnstile.bench.scenario.LoadProfile;
import io.turnstile.clients.Screen;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;

/** Shows a run as a table of inputs and verdicts, second by second. */
final class DemoView implements RunView {

  private final Screen screen;
  private final LoadProfile load;
  private volatile VerdictCounts verdicts;
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
    String line = String.format(Locale.ROOT, format, arguments);
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
    if (verdicts == null) {
      verdicts = new VerdictCounts(stretch);
    }
    return verdicts;
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
        verdicts.byCode(),
        verdicts.takeLatencies(),
        stretch.measured());
    screen.live(table.block(), table.line());
  }
}
