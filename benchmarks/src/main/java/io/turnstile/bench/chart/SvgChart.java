package io.turnstile.bench.chart;

import io.turnstile.bench.result.Point;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Draws a chart as SVG. */
public final class SvgChart {

  private static final int WIDTH = 900;
  private static final int PLOT_HEIGHT = 250;
  private static final int LEFT = 66;
  private static final int RIGHT = 20;
  private static final int BOTTOM = 44;
  private static final int LEGEND_ROW = 20;
  private static final double CHARACTER = 6.4;

  /** More points than these are not seen, so not drawn. */
  private static final int POINTS = 700;

  private static final String TEXT = "#1f2933";
  private static final String QUIET = "#5b6671";
  private static final String GRID = "#e3e7eb";
  private static final String LIMIT = "#b3261e";

  private final Chart chart;
  private final List<Series> drawn;
  private final double[] xDomain;
  private final double[] yDomain;
  private final int top;

  private SvgChart(Chart chart) {
    this.chart = chart;
    drawn = chart.series().stream().map(SvgChart::withinInk).toList();
    double lastX = extreme(Point::x, true);
    xDomain =
        chart.x().scale() == Scale.LINEAR
            ? new double[] {Math.min(0, extreme(Point::x, false)), Math.max(lastX, 1e-9)}
            : chart.x().scale().domain(extreme(Point::x, false), lastX);
    yDomain = chart.y().scale().domain(extreme(Point::y, false), highestY());
    top = 50 + legend().size() * LEGEND_ROW;
  }

  /** An {@code svg} element, complete in itself. */
  public static String draw(Chart chart) {
    return new SvgChart(chart).draw();
  }

  private String draw() {
    Svg svg = new Svg(WIDTH, top + PLOT_HEIGHT + BOTTOM, chart.title());
    svg.element("rect", "width", "100%", "height", "100%", "fill", "#ffffff");
    svg.text(chart.title(), "x", 8, "y", 19, "font-size", 15, "font-weight", "600", "fill", TEXT);
    String scale = chart.y().scale() == Scale.LOG ? " (log scale)" : "";
    svg.text(chart.y().label() + scale, "x", 8, "y", 38, "fill", QUIET);
    drawLegend(svg);
    drawGrid(svg);
    svg.open("clipPath", "id", chart.id() + "-clip");
    svg.element(
        "rect", "x", LEFT, "y", top - 3, "width", plotWidth() + 3, "height", PLOT_HEIGHT + 6);
    svg.close("clipPath");
    drawEvents(svg);
    svg.open("g", "fill", "none", "clip-path", "url(#" + chart.id() + "-clip)");
    drawn.stream().filter(Series::faint).forEach(series -> drawLine(svg, series));
    drawn.stream().filter(series -> !series.faint()).forEach(series -> drawLine(svg, series));
    svg.close("g");
    drawLimits(svg);
    return svg.end();
  }

  /** The styles by name, in rows that fit. */
  private List<Map<String, Series>> legend() {
    List<Map<String, Series>> rows = new ArrayList<>();
    double used = WIDTH;
    Map<String, Series> entries = new LinkedHashMap<>();
    chart.series().stream()
        .filter(series -> !series.points().isEmpty())
        .forEach(series -> entries.putIfAbsent(series.name(), series));
    for (Map.Entry<String, Series> entry : entries.entrySet()) {
      double width = legendWidth(entry.getKey());
      if (used + width > plotWidth()) {
        rows.add(new LinkedHashMap<>());
        used = 0;
      }
      rows.get(rows.size() - 1).put(entry.getKey(), entry.getValue());
      used += width;
    }
    return rows;
  }

  private static double legendWidth(String name) {
    return 32 + name.length() * CHARACTER + 22;
  }

  private void drawLegend(Svg svg) {
    int y = 58;
    for (Map<String, Series> row : legend()) {
      double x = LEFT;
      for (Map.Entry<String, Series> entry : row.entrySet()) {
        Style style = entry.getValue().style();
        svg.element(
            "line",
            "x1",
            x,
            "x2",
            x + 26,
            "y1",
            y - 4,
            "y2",
            y - 4,
            "stroke",
            style.colour(),
            "stroke-width",
            "2.5",
            "stroke-dasharray",
            style.dashes());
        svg.text(entry.getKey(), "x", x + 32, "y", y, "fill", TEXT);
        x += legendWidth(entry.getKey());
      }
      y += LEGEND_ROW;
    }
  }

  private void drawGrid(Svg svg) {
    double bottom = top + PLOT_HEIGHT;
    for (Scale.Tick tick : ticks(chart.y(), yDomain)) {
      double y = y(tick.value());
      svg.element("line", "x1", LEFT, "x2", WIDTH - RIGHT, "y1", y, "y2", y, "stroke", GRID);
      svg.text(tick.label(), "x", LEFT - 8, "y", y + 4, "text-anchor", "end", "fill", QUIET);
    }
    for (Scale.Tick tick : ticks(chart.x(), xDomain)) {
      double x = x(tick.value());
      svg.element("line", "x1", x, "x2", x, "y1", top, "y2", bottom, "stroke", GRID);
      svg.text(tick.label(), "x", x, "y", bottom + 17, "text-anchor", "middle", "fill", QUIET);
    }
    svg.element(
        "line", "x1", LEFT, "x2", WIDTH - RIGHT, "y1", bottom, "y2", bottom, "stroke", QUIET);
    svg.text(
        chart.x().label(),
        "x",
        LEFT + plotWidth() / 2.0,
        "y",
        bottom + 36,
        "text-anchor",
        "middle",
        "fill",
        QUIET);
  }

  private static List<Scale.Tick> ticks(Axis axis, double[] domain) {
    return axis.scale().ticks(domain[0] / axis.divisor(), domain[1] / axis.divisor()).stream()
        .map(tick -> new Scale.Tick(tick.value() * axis.divisor(), tick.label()))
        .filter(tick -> tick.value() >= domain[0] && tick.value() <= domain[1] * (1 + 1e-9))
        .toList();
  }

  private void drawLine(Svg svg, Series series) {
    StringBuilder path = new StringBuilder();
    boolean pen = false;
    for (Point point : series.points()) {
      boolean drawable = Double.isFinite(point.y()) && Double.isFinite(point.x());
      if (drawable) {
        path.append(pen ? 'L' : 'M')
            .append(Svg.coordinate(x(point.x())))
            .append(' ')
            .append(Svg.coordinate(y(point.y())));
      }
      pen = drawable;
    }
    svg.open(
        "path",
        "d",
        path,
        "stroke",
        series.style().colour(),
        "stroke-width",
        series.faint() ? "1" : "2",
        "stroke-opacity",
        series.faint() ? "0.4" : "1",
        "stroke-dasharray",
        series.faint() ? "" : series.style().dashes(),
        "stroke-linejoin",
        "round");
    svg.tooltip(series.name() + (series.repeat() > 0 ? ", repeat " + series.repeat() : ""));
    svg.close("path");
  }

  private void drawEvents(Svg svg) {
    double free = LEFT;
    int row = 0;
    for (Mark mark : chart.marks()) {
      if (mark instanceof Mark.Event event && event.from() <= xDomain[1]) {
        double from = x(Math.max(event.from(), xDomain[0]));
        if (event.to() != null) {
          double to = x(Math.min(event.to(), xDomain[1]));
          svg.element(
              "rect",
              "x",
              from,
              "y",
              top,
              "width",
              Math.max(to - from, 1),
              "height",
              PLOT_HEIGHT,
              "fill",
              "#f2e3c6",
              "fill-opacity",
              "0.7");
        }
        svg.element(
            "line",
            "x1",
            from,
            "x2",
            from,
            "y1",
            top,
            "y2",
            top + PLOT_HEIGHT,
            "stroke",
            "#8a5a00",
            "stroke-dasharray",
            "4 3");
        row = from < free ? row + 1 : 0;
        double length = event.label().length() * CHARACTER;
        boolean fits = from + 4 + length <= WIDTH - RIGHT;
        label(
            svg,
            event.label(),
            fits ? from + 4 : from - 4,
            top + 12 + row % 4 * 15.0,
            fits ? "start" : "end",
            "#8a5a00");
        free = from + length + 12;
      }
    }
  }

  private void drawLimits(Svg svg) {
    for (Mark mark : chart.marks()) {
      if (mark instanceof Mark.Limit limit) {
        double y = y(limit.y());
        svg.element(
            "line",
            "x1",
            LEFT,
            "x2",
            WIDTH - RIGHT,
            "y1",
            y,
            "y2",
            y,
            "stroke",
            LIMIT,
            "stroke-width",
            "1.2",
            "stroke-dasharray",
            "2 3");
        label(svg, limit.label(), WIDTH - RIGHT - 4.0, y - 5, "end", LIMIT);
      }
    }
  }

  /** A text that stays readable over lines. */
  private static void label(
      Svg svg, String text, double x, double y, String anchor, String colour) {
    svg.text(
        text,
        "x",
        x,
        "y",
        y,
        "text-anchor",
        anchor,
        "fill",
        colour,
        "stroke",
        "#ffffff",
        "stroke-width",
        "3",
        "paint-order",
        "stroke");
  }

  private int plotWidth() {
    return WIDTH - LEFT - RIGHT;
  }

  private double x(double value) {
    return LEFT + plotWidth() * share(chart.x().scale(), value, xDomain);
  }

  private double y(double value) {
    double share = share(chart.y().scale(), value, yDomain);
    return top + PLOT_HEIGHT * (1 - Math.min(1, Math.max(0, share)));
  }

  private static double share(Scale scale, double value, double[] domain) {
    double low = scale.position(domain[0]);
    return (scale.position(value) - low) / (scale.position(domain[1]) - low);
  }

  private double highestY() {
    double limit =
        chart.marks().stream()
            .filter(Mark.Limit.class::isInstance)
            .mapToDouble(mark -> ((Mark.Limit) mark).y() * 1.05)
            .max()
            .orElse(0);
    return Math.max(limit, extreme(Point::y, true));
  }

  private double extreme(ToDoubleFunction<Point> coordinate, boolean greatest) {
    var all =
        drawn.stream()
            .flatMap(series -> series.points().stream())
            .mapToDouble(coordinate)
            .filter(Double::isFinite);
    return (greatest ? all.max() : all.min()).orElse(0);
  }

  /** The least and the greatest of every few points, where there are more than ink can show. */
  private static Series withinInk(Series series) {
    List<Point> points = series.points();
    if (points.size() <= POINTS) {
      return series;
    }
    int group = (points.size() * 2 + POINTS - 1) / POINTS;
    List<Point> kept = new ArrayList<>();
    for (int from = 0; from < points.size(); from += group) {
      List<Point> part = points.subList(from, Math.min(from + group, points.size()));
      Point least = part.get(0);
      Point greatest = part.get(0);
      for (Point point : part) {
        least = point.y() < least.y() ? point : least;
        greatest = point.y() > greatest.y() ? point : greatest;
      }
      kept.add(least.x() <= greatest.x() ? least : greatest);
      if (least.x() != greatest.x()) {
        kept.add(least.x() <= greatest.x() ? greatest : least);
      }
    }
    return new Series(series.name(), series.repeat(), series.style(), series.faint(), kept);
  }
}
