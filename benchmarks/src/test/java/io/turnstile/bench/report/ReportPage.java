package io.turnstile.bench.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.htmlunit.BrowserVersion;
import org.htmlunit.MockWebConnection;
import org.htmlunit.WebClient;
import org.htmlunit.html.DomElement;
import org.htmlunit.html.DomNode;
import org.htmlunit.html.HtmlPage;

/**
 * A report in a browser that has no network. In the charting library's place is a stub that keeps
 * what it is asked to draw: its script is beyond HtmlUnit, and has tests of its own.
 */
final class ReportPage implements AutoCloseable {

  private static final String STUB =
      """
      var asked = {};
      function uPlot(options, data, place) {
        asked[place.parentNode.id] = {options: options, lines: data, place: place};
        this.setSize = function (size) { options.width = size.width; };
      }
      uPlot.join = function (lines) { return lines; };
      """;

  private final WebClient browser = new WebClient(BrowserVersion.CHROME);
  private final HtmlPage page;

  ReportPage(Path html) throws IOException {
    String text = Files.readString(html);
    int start = text.indexOf("<script id=\"uplot\">");
    int end = text.indexOf("</script>", start);
    browser.setWebConnection(new MockWebConnection());
    page =
        browser.loadHtmlCodeIntoCurrentWindow(
            text.substring(0, start) + "<script>" + STUB + text.substring(end));
  }

  /** The value of a JavaScript expression. */
  Object js(String expression) {
    return page.executeJavaScript(expression).getJavaScriptResult();
  }

  List<String> attributes(String selector, String name) {
    return page.querySelectorAll(selector).stream()
        .map(node -> ((DomElement) node).getAttribute(name))
        .toList();
  }

  List<String> texts(String selector) {
    return page.querySelectorAll(selector).stream().map(DomNode::getTextContent).toList();
  }

  /** The rows of a table, head first, cells separated by bars. */
  List<String> table(String id) {
    List<String> rows = new ArrayList<>();
    for (DomNode row : page.querySelectorAll("#" + id + " tr")) {
      List<String> cells = new ArrayList<>();
      ((DomElement) row).getChildElements().forEach(cell -> cells.add(cell.getTextContent()));
      rows.add(String.join(" | ", cells));
    }
    return rows;
  }

  String text() {
    return String.join("\n", texts("nav, main"));
  }

  @Override
  public void close() {
    browser.close();
  }
}
