package io.turnstile.bench.chart;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Draws sampled stacks as a flame graph that grows downwards. */
public final class FlameGraph {

  private static final int WIDTH = 900;
  private static final int TOP = 32;
  private static final int ROW = 16;
  private static final int DEEPEST = 60;
  private static final double CHARACTER = 6.2;

  /** What is narrower is not seen, so not drawn. */
  private static final double NARROWEST = 0.6;

  private static final class Frame {
    private final Map<String, Frame> callees = new TreeMap<>();
    private long count;

    private int depth() {
      return 1 + callees.values().stream().mapToInt(Frame::depth).max().orElse(0);
    }
  }

  private FlameGraph() {}

  /**
   * An {@code svg} element, complete in itself; each frame says what it is when pointed at.
   *
   * @param stacks how often each was seen; frames from the outermost on, with semicolons between
   */
  public static String draw(String title, Map<String, Long> stacks) {
    Frame root = new Frame();
    stacks.forEach(
        (stack, count) -> {
          Frame frame = root;
          frame.count += count;
          for (String name : stack.split(";", DEEPEST)) {
            frame = frame.callees.computeIfAbsent(name, ignored -> new Frame());
            frame.count += count;
          }
        });
    Svg svg = new Svg(WIDTH, TOP + (root.depth() - 1) * ROW + 8, title);
    svg.element("rect", "width", "100%", "height", "100%", "fill", "#ffffff");
    svg.text(title, "x", 8, "y", 19, "font-size", 15, "font-weight", "600", "fill", "#1f2933");
    drawCallees(svg, root, 0, TOP, (double) WIDTH / Math.max(root.count, 1), root.count);
    return svg.end();
  }

  private static void drawCallees(
      Svg svg, Frame caller, double left, double y, double perSample, long all) {
    double x = left;
    for (Map.Entry<String, Frame> entry : caller.callees.entrySet()) {
      Frame frame = entry.getValue();
      double width = frame.count * perSample;
      if (width >= NARROWEST) {
        String name = entry.getKey();
        svg.open("g", "font-size", "11");
        svg.tooltip(
            String.format(
                Locale.ROOT,
                "%s: %d samples, %.1f %%",
                name,
                frame.count,
                100.0 * frame.count / all));
        svg.element(
            "rect",
            "x",
            x,
            "y",
            y,
            "width",
            Math.max(width - 0.5, 0.1),
            "height",
            ROW - 1.0,
            "rx",
            "1.5",
            "fill",
            colour(name));
        int room = (int) ((width - 6) / CHARACTER);
        if (room >= 4) {
          String shown = shortName(name);
          svg.text(
              shown.length() <= room ? shown : shown.substring(0, room - 1) + "…",
              "x",
              x + 3,
              "y",
              y + 11.5,
              "fill",
              "#1f2933");
        }
        svg.close("g");
        drawCallees(svg, frame, x, y + ROW, perSample, all);
      }
      x += width;
    }
  }

  /** Class and method, without the package. */
  private static String shortName(String name) {
    int method = name.lastIndexOf('.');
    int type = method < 0 ? -1 : name.lastIndexOf('.', method - 1);
    return name.substring(type + 1);
  }

  /** By whose code it is. */
  private static String colour(String name) {
    if (name.startsWith("io.turnstile.")) {
      return "#7fb8dc";
    }
    if (name.startsWith("org.apache.flink.") || name.startsWith("org.rocksdb.")) {
      return "#f0c98b";
    }
    if (name.startsWith("org.apache.kafka.")) {
      return "#8fd0ba";
    }
    return "#d9dee3";
  }
}
