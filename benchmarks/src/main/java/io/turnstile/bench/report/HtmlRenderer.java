package io.turnstile.bench.report;

import io.turnstile.bench.report.Document.Block;
import io.turnstile.bench.report.Document.Bullets;
import io.turnstile.bench.report.Document.Cell;
import io.turnstile.bench.report.Document.Column;
import io.turnstile.bench.report.Document.File;
import io.turnstile.bench.report.Document.Files;
import io.turnstile.bench.report.Document.Paragraph;
import io.turnstile.bench.report.Document.Picture;
import io.turnstile.bench.report.Document.Section;
import io.turnstile.bench.report.Document.Status;
import io.turnstile.bench.report.Document.Table;
import io.turnstile.bench.report.Document.Verdict;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Writes a document as one HTML file that needs no other. */
final class HtmlRenderer {

  private final StringBuilder out = new StringBuilder();
  private int figures;
  private int tables;

  private HtmlRenderer() {}

  static String render(Document document) {
    HtmlRenderer renderer = new HtmlRenderer();
    renderer.page(document);
    return renderer.out.toString();
  }

  private void page(Document document) {
    out.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
        .append("<title>")
        .append(escape(document.title()))
        .append("</title>\n<style>\n")
        .append(style())
        .append("</style>\n</head>\n<body>\n<nav aria-label=\"Contents\">\n");
    out.append("<p>Contents</p>\n");
    contents(document);
    out.append("</nav>\n<main>\n<header>\n<h1>")
        .append(escape(document.title()))
        .append("</h1>\n<p>")
        .append(escape(document.subtitle()))
        .append("</p>\n</header>\n");
    document.sections().forEach(section -> section(section, 2));
    out.append("</main>\n</body>\n</html>\n");
  }

  private void contents(Document document) {
    out.append("<ul>\n");
    for (Section section : document.sections()) {
      out.append("<li>").append(link(section.id(), section.title()));
      if (!section.sections().isEmpty()) {
        out.append("\n<ul>\n");
        section
            .sections()
            .forEach(
                part -> out.append("<li>").append(link(part.id(), part.title())).append("</li>\n"));
        out.append("</ul>\n");
      }
      out.append("</li>\n");
    }
    out.append("</ul>\n");
  }

  private void section(Section section, int level) {
    out.append("<section id=\"")
        .append(section.id())
        .append("\">\n<h")
        .append(level)
        .append('>')
        .append(escape(section.title()))
        .append(" <a class=\"anchor\" aria-label=\"link to this section\" href=\"#")
        .append(section.id())
        .append("\">#</a></h")
        .append(level)
        .append(">\n");
    section.blocks().forEach(this::block);
    section.sections().forEach(part -> section(part, level + 1));
    out.append("</section>\n");
  }

  private void block(Block block) {
    if (block instanceof Paragraph paragraph) {
      out.append("<p>").append(escape(paragraph.text())).append("</p>\n");
    } else if (block instanceof Bullets bullets) {
      out.append("<ul>\n");
      bullets.items().forEach(item -> out.append("<li>").append(escape(item)).append("</li>\n"));
      out.append("</ul>\n");
    } else if (block instanceof Files files) {
      out.append("<ul>\n");
      for (File file : files.files()) {
        out.append("<li><a href=\"")
            .append(escape(file.path()))
            .append("\">")
            .append(escape(file.title()))
            .append("</a></li>\n");
      }
      out.append("</ul>\n");
    } else if (block instanceof Verdict verdict) {
      out.append("<p class=\"verdict ")
          .append(name(verdict.status()))
          .append("\">")
          .append(verdict.status().sign())
          .append(escape(verdict.text()))
          .append("</p>\n");
    } else if (block instanceof Table table) {
      table(table);
    } else if (block instanceof Picture picture) {
      picture(picture);
    }
  }

  private void picture(Picture picture) {
    figures++;
    out.append("<figure id=\"")
        .append(picture.id())
        .append("\">\n")
        .append(FigureFiles.svg(picture))
        .append("<figcaption>")
        .append(link(picture.id(), "Figure " + figures))
        .append(". ")
        .append(escape(picture.caption()))
        .append("</figcaption>\n</figure>\n");
  }

  private void table(Table table) {
    tables++;
    out.append("<div class=\"table\" id=\"")
        .append(table.id())
        .append("\">\n<table>\n<caption>")
        .append(link(table.id(), "Table " + tables))
        .append(". ")
        .append(escape(table.caption()))
        .append("</caption>\n");
    if (table.columns().stream().anyMatch(column -> !column.title().isEmpty())) {
      out.append("<thead><tr>");
      for (Column column : table.columns()) {
        out.append(column.number() ? "<th class=\"number\">" : "<th>")
            .append(escape(column.title()))
            .append("</th>");
      }
      out.append("</tr></thead>\n");
    }
    out.append("<tbody>\n");
    for (var row : table.rows()) {
      out.append("<tr>");
      for (int i = 0; i < row.size(); i++) {
        cell(row.get(i), table.columns().get(i).number());
      }
      out.append("</tr>\n");
    }
    out.append("</tbody>\n</table>\n</div>\n");
  }

  private void cell(Cell cell, boolean number) {
    out.append("<td class=\"")
        .append(number ? "number " : "")
        .append(name(cell.status()))
        .append("\">")
        .append(cell.status().sign())
        .append(escape(cell.text()));
    if (!cell.detail().isEmpty()) {
      out.append("<small>").append(escape(cell.detail())).append("</small>");
    }
    out.append("</td>");
  }

  private static String name(Status status) {
    return status.name().toLowerCase(Locale.ROOT);
  }

  private static String link(String id, String text) {
    return "<a href=\"#" + id + "\">" + escape(text) + "</a>";
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  private static String style() {
    try (InputStream in = HtmlRenderer.class.getResourceAsStream("/report/report.css")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
