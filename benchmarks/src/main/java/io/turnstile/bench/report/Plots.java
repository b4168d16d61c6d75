package io.turnstile.bench.report;

import io.turnstile.bench.chart.Axis;
import io.turnstile.bench.chart.Chart;
import io.turnstile.bench.chart.Mark;
import io.turnstile.bench.chart.Scale;
import io.turnstile.bench.chart.Series;
import io.turnstile.bench.chart.Style;
import io.turnstile.bench.report.Document.Plot;
import io.turnstile.bench.result.CheckpointResult;
import io.turnstile.bench.result.FaultResult;
import io.turnstile.bench.result.Latency;
import io.turnstile.bench.result.LatencySummary;
import io.turnstile.bench.result.LeakResult;
import io.turnstile.bench.result.Objective;
import io.turnstile.bench.result.Point;
import io.turnstile.bench.result.ProcessResources;
import io.turnstile.bench.result.RateStep;
import io.turnstile.bench.result.RunResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The plots of one scenario, all engines and repeats in each. */
final class Plots {

  /** Values further apart than this share a linear axis badly. */
  private static final double LOG_FROM = 30;

  private static final Pattern LIMIT = Pattern.compile("<=?\\s*([0-9.]+)\\s*ms");

  private static final String ALL_REPEATS =
      "Of several repeats, the one in front is that with the median p99; the others are faint.";

  private final String prefix;
  private final String scenario;
  private final List<Runs> engines;

  Plots(String prefix, List<Runs> engines) {
    this.prefix = prefix;
    this.engines = engines;
    scenario = engines.get(0).scenario();
  }

  Optional<Plot> throughput() {
    List<Series> series = new ArrayList<>(lines(Plots::committedRate));
    published().ifPresent(series::add);
    return plot(
        "throughput",
        "Throughput over time",
        time(series),
        new Axis("committed verdicts per second", "committed_per_s", Scale.LINEAR),
        series,
        faults(),
        "Verdicts that a read_committed reader received in each second. " + ALL_REPEATS);
  }

  Optional<Plot> medianLatency() {
    return latencyOverTime(
        "latency-p50", "Committed latency over time: median", "p50", i -> i.p50());
  }

  Optional<Plot> tailLatency() {
    return latencyOverTime("latency-p99", "Committed latency over time: p99", "p99", i -> i.p99());
  }

  private Optional<Plot> latencyOverTime(
      String id, String title, String percentile, ToDoubleFunction<Latency.Interval> value) {
    List<Series> series =
        lines(
            run ->
                run.latencyMs() == null
                    ? List.of()
                    : run.latencyMs().series().stream()
                        .filter(i -> i.t() >= 0)
                        .map(
                            i ->
                                new Point(
                                    i.t(),
                                    Long.valueOf(0).equals(i.count())
                                        ? Double.NaN
                                        : value.applyAsDouble(i)))
                        .toList());
    return plot(
        id,
        title,
        time(series),
        latencyAxis(series, percentile + " of the committed latency, ms"),
        series,
        Stream.concat(limit(percentile).stream(), faults().stream()).toList(),
        "The "
            + percentile
            + " of what was sent in each second, from the intended send time to the return of a"
            + " read_committed poll. "
            + ALL_REPEATS);
  }

  Optional<Plot> distribution() {
    List<Series> series =
        lines(run -> Runs.committed(run) == null ? List.of() : curve(Runs.committed(run)));
    return plot(
        "latency-distribution",
        "Committed latency by percentile",
        new Axis("percentile", "percentile", Scale.NINES),
        new Axis("committed latency, ms", "ms", Scale.LOG),
        series,
        List.of(),
        "Each further nine on the axis is ten times rarer. Read: so many percent of all verdicts"
            + " took at most so long. "
            + ALL_REPEATS);
  }

  /** The curve up to the last percentile that a single record can reach. */
  private static List<Point> curve(LatencySummary summary) {
    if (summary.percentiles().isEmpty()) {
      return List.of(
          new Point(50, summary.p50()),
          new Point(90, summary.p90()),
          new Point(95, summary.p95()),
          new Point(99, summary.p99()),
          new Point(99.9, summary.p999()));
    }
    double last = summary.count() == null ? 99.999 : 100 - 100.0 / Math.max(summary.count(), 2);
    List<Point> curve = new ArrayList<>();
    for (Point point : summary.percentiles()) {
      curve.add(new Point(Math.min(point.x(), last), point.y()));
      if (point.x() >= last) {
        break;
      }
    }
    curve.add(new Point(last, summary.max()));
    return curve;
  }

  /** The latency and the throughput around each fault. */
  List<Plot> recovery() {
    List<Plot> plots = new ArrayList<>();
    List<FaultResult> faults = engines.get(0).middle().faults();
    for (int i = 0; i < faults.size(); i++) {
      FaultResult fault = faults.get(i);
      double after = 30;
      for (Runs runs : engines) {
        for (RunResult run : runs.repeats()) {
          if (i < run.faults().size() && run.faults().get(i).caughtUpAfterS() != null) {
            after = Math.max(after, run.faults().get(i).caughtUpAfterS() * 1.4);
          }
        }
      }
      double from = Math.max(0, fault.atS() - 10);
      double to = fault.atS() + after;
      String id = "recovery-" + (i + 1);
      List<Mark> mark = List.of(mark(fault, fault.atS()));
      Axis axis = new Axis("time since the fault, s", "since_fault_s", Scale.LINEAR);
      List<Series> latency =
          lines(
              run ->
                  run.latencyMs() == null
                      ? List.of()
                      : window(
                          run.latencyMs().series().stream()
                              .map(each -> new Point(each.t(), each.max()))
                              .toList(),
                          from,
                          to,
                          fault.atS()));
      plot(
              id + "-latency",
              "Recovery: slowest verdict, " + fault.fault(),
              axis,
              latencyAxis(latency, "greatest committed latency, ms"),
              latency,
              mark,
              "By the second in which the transaction should have been sent: the first seconds wait"
                  + " for the engine to come back, the later ones for it to catch up.")
          .ifPresent(plots::add);
      plot(
              id + "-throughput",
              "Recovery: throughput, " + fault.fault(),
              axis,
              new Axis("committed verdicts per second", "committed_per_s", Scale.LINEAR),
              lines(run -> window(committedRate(run), from, to, fault.atS())),
              mark,
              "No verdicts while the engine is away; above the offered rate while it catches up.")
          .ifPresent(plots::add);
    }
    return plots;
  }

  Optional<Plot> search() {
    List<Series> series =
        lines(
            run ->
                run.search().stream()
                    .sorted((a, b) -> Double.compare(a.offeredPerS(), b.offeredPerS()))
                    .map((RateStep step) -> new Point(step.offeredPerS(), step.p99Ms()))
                    .toList());
    return plot(
        "search",
        "Latency by rate: p99",
        new Axis("offered transactions per second", "offered_per_s", Scale.LINEAR),
        latencyAxis(series, "p99 of the committed latency, ms"),
        series,
        limit("p99"),
        "The steps of the search for the highest rate that still holds the objective.");
  }

  Optional<Plot> cpu() {
    List<Series> series = lines(run -> total(run, ProcessResources.Sample::cpuCores));
    return plot(
        "cpu",
        "CPU over time",
        time(series),
        new Axis("cores busy, all processes of the engine and Kafka", "cpu_cores", Scale.LINEAR),
        series,
        cores(),
        "Without the measuring process itself; the table tells the processes apart.");
  }

  Optional<Plot> memory() {
    List<Series> series = lines(run -> total(run, ProcessResources.Sample::rssMb));
    return plot(
        "memory",
        "Memory over time",
        time(series),
        new Axis("resident memory of the engine and Kafka, MiB", "rss_mb", Scale.LINEAR),
        series,
        faults(),
        "Without the measuring process itself.");
  }

  Optional<Plot> checkpoints() {
    List<Series> series =
        lines(
            run ->
                run.checkpoints().stream()
                    .map((CheckpointResult c) -> new Point(c.atS(), c.durationMs()))
                    .toList());
    return plot(
        "checkpoints",
        "Checkpoint durations",
        time(series),
        latencyAxis(series, "from trigger to completion, ms"),
        series,
        faults(),
        "By the time of their trigger.");
  }

  Optional<Plot> lag() {
    List<Series> series =
        lines(run -> run.consumerLag() == null ? List.of() : measured(run.consumerLag().series()));
    return plot(
        "lag",
        "Consumer lag",
        time(series),
        new Axis("inputs written but not yet read, records", "records", Scale.LINEAR),
        series,
        faults(),
        "A lag that keeps growing: the engine does not keep up.");
  }

  /** One plot for each figure whose trend was judged, with a line for each engine and process. */
  List<Plot> trends() {
    Map<String, String> units = new TreeMap<>();
    engines.stream()
        .flatMap(runs -> runs.repeats().stream())
        .filter(run -> run.leaks() != null)
        .flatMap(run -> run.leaks().trends().stream())
        .forEach(trend -> units.put(trend.figure(), trend.unit()));
    List<Plot> plots = new ArrayList<>();
    units.forEach(
        (figure, unit) -> {
          List<Series> series =
              lines(
                  run ->
                      run.leaks() == null
                          ? List.of()
                          : run.leaks().trends().stream()
                              .filter(trend -> trend.figure().equals(figure))
                              .findFirst()
                              .map(LeakResult.Trend::series)
                              .orElse(List.of()));
          plot(
                  "trend-" + slug(figure),
                  "Soak: " + figure,
                  time(series),
                  new Axis(figure + ", " + unit, slug(figure).replace('-', '_'), Scale.LINEAR),
                  series,
                  faults(),
                  "The samples that the verdict rests on.")
              .ifPresent(plots::add);
        });
    return plots;
  }

  /** A name as an anchor and a file name. */
  static String slug(String name) {
    return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
  }

  private Optional<Plot> plot(
      String id, String title, Axis x, Axis y, List<Series> series, List<Mark> marks, String text) {
    Chart chart = new Chart(prefix + "-" + id, scenario + ": " + title, x, y, series, marks);
    return chart.isEmpty() ? Optional.empty() : Optional.of(new Plot(chart, text));
  }

  private List<Series> lines(Function<RunResult, List<Point>> points) {
    List<Series> series = new ArrayList<>();
    for (Runs runs : engines) {
      RunResult front = runs.middle();
      int repeat = 0;
      for (RunResult run : runs.repeats()) {
        repeat++;
        List<Point> line = points.apply(run);
        if (!line.isEmpty()) {
          series.add(new Series(runs.engine(), repeat, runs.style(), !run.equals(front), line));
        }
      }
    }
    return series;
  }

  /** Without the warm-up. */
  private static List<Point> measured(List<Point> series) {
    return series.stream().filter(point -> point.x() >= 0).toList();
  }

  /** The same without the last second, in which the load has ended. */
  private static List<Point> wholeSeconds(List<Point> series) {
    List<Point> points = measured(series);
    return points.subList(0, Math.max(0, points.size() - 1));
  }

  private static List<Point> committedRate(RunResult run) {
    return run.throughput() == null ? List.of() : wholeSeconds(run.throughput().series());
  }

  /** What was offered, where it changes; the same for all engines. */
  private Optional<Series> published() {
    return engines.stream()
        .map(Runs::middle)
        .filter(run -> run.throughput() != null)
        .map(run -> wholeSeconds(run.throughput().publishedSeries()))
        .filter(points -> points.size() > 1)
        .findFirst()
        .map(points -> new Series("published", 0, new Style("#9aa5b1", "1 3"), false, points));
  }

  /** By whole seconds: the processes are looked at one after the other. */
  private static List<Point> total(RunResult run, Function<ProcessResources.Sample, Double> value) {
    Map<Double, Double> sums = new TreeMap<>();
    for (ProcessResources process : run.resources()) {
      Map<Double, Double> ofProcess = new TreeMap<>();
      for (ProcessResources.Sample sample : process.series()) {
        if (!process.process().equals(LOAD) && value.apply(sample) != null) {
          ofProcess.put((double) Math.round(sample.t()), value.apply(sample));
        }
      }
      ofProcess.forEach((second, used) -> sums.merge(second, used, Double::sum));
    }
    return sums.entrySet().stream().map(e -> new Point(e.getKey(), e.getValue())).toList();
  }

  /** The measuring process: what it uses is not the engine's. */
  static final String LOAD = "load";

  private static List<Point> window(List<Point> points, double from, double to, double zero) {
    return points.stream()
        .filter(point -> point.x() >= from && point.x() <= to)
        .map(point -> new Point(point.x() - zero, point.y()))
        .toList();
  }

  private List<Mark> faults() {
    return engines.get(0).middle().faults().stream().map(fault -> mark(fault, 0)).toList();
  }

  private static Mark mark(FaultResult fault, double zero) {
    return new Mark.Event(
        fault.atS() - zero,
        fault.endedAtS() == null ? null : Double.valueOf(fault.endedAtS() - zero),
        fault.fault());
  }

  /** The objective for a percentile of the committed latency, as a line. */
  private List<Mark> limit(String percentile) {
    return engines.stream()
        .flatMap(runs -> runs.repeats().stream())
        .flatMap(run -> run.objectives().stream())
        .filter(objective -> !objective.goal())
        .filter(objective -> (objective.name() + " ").startsWith("committed " + percentile + " "))
        .map(Objective::target)
        .map(LIMIT::matcher)
        .filter(Matcher::lookingAt)
        .map(
            matcher ->
                (Mark)
                    new Mark.Limit(
                        Double.parseDouble(matcher.group(1)),
                        "objective: " + percentile + " < " + matcher.group(1) + " ms"))
        .distinct()
        .toList();
  }

  private List<Mark> cores() {
    return engines.stream()
        .flatMap(runs -> runs.repeats().stream())
        .filter(run -> run.environment() != null)
        .map(run -> run.environment().cores())
        .distinct()
        .map(cores -> (Mark) new Mark.Limit(cores, "the machine's " + cores + " cores"))
        .toList();
  }

  private static Axis time(List<Series> series) {
    double last =
        series.stream()
            .flatMap(each -> each.points().stream())
            .mapToDouble(Point::x)
            .max()
            .orElse(0);
    return Axis.time(last);
  }

  private static Axis latencyAxis(List<Series> series, String label) {
    double[] values =
        series.stream()
            .flatMap(each -> each.points().stream())
            .mapToDouble(Point::y)
            .filter(Double::isFinite)
            .sorted()
            .toArray();
    boolean log =
        values.length > 0
            && values[0] > 0
            && values[values.length - 1] > LOG_FROM * values[values.length / 2];
    return new Axis(label, "ms", log ? Scale.LOG : Scale.LINEAR);
  }
}
