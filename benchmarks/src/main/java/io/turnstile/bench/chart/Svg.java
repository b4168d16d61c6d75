package io.turnstile.bench.chart;

import java.util.Locale;

/** Writes SVG elements. Not thread-safe. */
final class Svg {

  private static final String FONT =
      "system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif";

  private final StringBuilder out = new StringBuilder();

  Svg(int width, int height, String title) {
    out.append("<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 ")
        .append(width)
        .append(' ')
        .append(height)
        .append("\" width=\"")
        .append(width)
        .append("\" height=\"")
        .append(height)
        .append("\" font-family=\"")
        .append(FONT)
        .append("\" font-size=\"12\" aria-label=\"")
        .append(escape(title))
        .append("\">\n");
  }

  /** An empty element; attributes as name, value, name, value. */
  Svg element(String name, Object... attributes) {
    open(name, attributes);
    out.insert(out.length() - 2, '/');
    return this;
  }

  Svg open(String name, Object... attributes) {
    out.append('<').append(name);
    for (int i = 0; i < attributes.length; i += 2) {
      String value =
          attributes[i + 1] instanceof Double number
              ? coordinate(number)
              : escape(attributes[i + 1].toString());
      if (!value.isEmpty()) {
        out.append(' ').append(attributes[i]).append("=\"").append(value).append('"');
      }
    }
    out.append(">\n");
    return this;
  }

  Svg close(String name) {
    out.append("</").append(name).append(">\n");
    return this;
  }

  Svg text(String text, Object... attributes) {
    open("text", attributes);
    out.setLength(out.length() - 1);
    out.append(escape(text)).append("</text>\n");
    return this;
  }

  /** What a browser shows over the element that is open. */
  Svg tooltip(String text) {
    out.append("<title>").append(escape(text)).append("</title>\n");
    return this;
  }

  String end() {
    return out + "</svg>\n";
  }

  static String coordinate(double value) {
    String text = String.format(Locale.ROOT, "%.1f", value);
    return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
  }

  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
