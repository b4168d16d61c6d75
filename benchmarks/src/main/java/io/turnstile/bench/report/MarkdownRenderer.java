package io.turnstile.bench.report;

import io.turnstile.bench.report.Document.Block;
import io.turnstile.bench.report.Document.Bullets;
import io.turnstile.bench.report.Document.Cell;
import io.turnstile.bench.report.Document.Column;
import io.turnstile.bench.report.Document.Files;
import io.turnstile.bench.report.Document.Paragraph;
import io.turnstile.bench.report.Document.Picture;
import io.turnstile.bench.report.Document.Section;
import io.turnstile.bench.report.Document.Table;
import io.turnstile.bench.report.Document.Verdict;
import java.util.List;
import java.util.stream.Collectors;

/** Writes a document as Markdown, its pictures as links to the SVG files beside it. */
final class MarkdownRenderer {

  private final StringBuilder out = new StringBuilder();

  private MarkdownRenderer() {}

  static String render(Document document) {
    MarkdownRenderer renderer = new MarkdownRenderer();
    renderer.out.append("# ").append(escape(document.title())).append("\n\n");
    renderer.out.append(escape(document.subtitle())).append("\n\n");
    for (Section section : document.sections()) {
      renderer.out.append("- [%s](#%s)\n".formatted(escape(section.title()), section.id()));
    }
    renderer.out.append('\n');
    document.sections().forEach(section -> renderer.section(section, 2));
    return renderer.out.toString();
  }

  private void section(Section section, int level) {
    out.append("<a id=\"%s\"></a>\n\n".formatted(section.id()));
    out.append("#".repeat(level)).append(' ').append(escape(section.title())).append("\n\n");
    section.blocks().forEach(this::block);
    section.sections().forEach(part -> section(part, level + 1));
  }

  private void block(Block block) {
    if (block instanceof Paragraph paragraph) {
      out.append(escape(paragraph.text())).append("\n\n");
    } else if (block instanceof Bullets bullets) {
      bullets.items().forEach(item -> out.append("- ").append(escape(item)).append('\n'));
      out.append('\n');
    } else if (block instanceof Files files) {
      files
          .files()
          .forEach(
              file -> out.append("- [%s](<%s>)\n".formatted(escape(file.title()), file.path())));
      out.append('\n');
    } else if (block instanceof Verdict verdict) {
      out.append("**%s%s**\n\n".formatted(verdict.status().sign(), escape(verdict.text())));
    } else if (block instanceof Table table) {
      table(table);
    } else if (block instanceof Picture picture) {
      out.append(
          "![%s](%s/%s.svg)\n\n"
              .formatted(escape(picture.title()), FigureFiles.DIRECTORY, picture.id()));
      if (!picture.caption().isBlank()) {
        out.append(escape(picture.caption())).append("\n\n");
      }
    }
  }

  private void table(Table table) {
    line(table.columns().stream().map(Column::title).toList());
    line(table.columns().stream().map(column -> column.number() ? "---:" : "---").toList());
    for (List<Cell> row : table.rows()) {
      line(row.stream().map(MarkdownRenderer::text).toList());
    }
    out.append('\n').append(escape(table.caption())).append("\n\n");
  }

  private static String text(Cell cell) {
    return cell.status().sign()
        + cell.text()
        + (cell.detail().isEmpty() ? "" : " (" + cell.detail() + ")");
  }

  private void line(List<String> cells) {
    out.append(
        cells.stream()
            .map(MarkdownRenderer::escape)
            .collect(Collectors.joining(" | ", "| ", " |\n")));
  }

  private static String escape(String text) {
    return text.replaceAll("([\\\\`*_<>|\\[\\]])", "\\\\$1").replaceAll("\\s*\\R\\s*", " ");
  }
}
