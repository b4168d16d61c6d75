package io.turnstile.bench.report;

import io.turnstile.bench.chart.Chart;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What a report says, without saying how it looks. */
record Document(String title, String subtitle, List<Section> sections) {

  /**
   * A section.
   *
   * @param id the anchor, unique in the document
   */
  record Section(String id, String title, List<Block> blocks, List<Section> sections) {}

  /** A part of a section. */
  sealed interface Block {}

  record Paragraph(String text) implements Block {}

  record Bullets(List<String> items) implements Block {}

  /** Files beside the report. */
  record Files(List<File> files) implements Block {}

  /**
   * A file.
   *
   * @param path from the report's directory on, with slashes
   */
  record File(String title, String path) {}

  /** The line that a hurried reader reads. */
  record Verdict(Status status, String text) implements Block {}

  /** A picture with the data behind it. */
  sealed interface Picture extends Block {

    String id();

    String title();

    String caption();
  }

  record Plot(Chart chart, String caption) implements Picture {

    @Override
    public String id() {
      return chart.id();
    }

    @Override
    public String title() {
      return chart.title();
    }
  }

  /** Sampled stacks and how often each was seen, as a flame graph. */
  record Flames(String id, String title, String caption, Map<String, Long> stacks)
      implements Picture {}

  /**
   * A table.
   *
   * @param id the anchor
   */
  record Table(String id, String caption, List<Column> columns, List<List<Cell>> rows)
      implements Block {}

  /**
   * A column of a table.
   *
   * @param number whether to align right
   */
  record Column(String title, boolean number) {

    static Column text(String title) {
      return new Column(title, false);
    }

    static Column number(String title) {
      return new Column(title, true);
    }
  }

  /**
   * A cell of a table.
   *
   * @param detail what is worth less room, as the range of a median; may be empty
   */
  record Cell(String text, String detail, Status status) {

    static Cell of(String text) {
      return of(text, Status.NEUTRAL);
    }

    static Cell of(String text, Status status) {
      return new Cell(text, "", status);
    }

    /** The median of some values, with their range if they are several. */
    static Cell median(Collection<Double> values, int decimals) {
      List<Double> known = values.stream().filter(Objects::nonNull).sorted().toList();
      String least = known.isEmpty() ? "" : Numbers.fixed(known.get(0), decimals);
      String greatest = known.isEmpty() ? "" : Numbers.fixed(known.get(known.size() - 1), decimals);
      String range = least.equals(greatest) ? "" : least + " – " + greatest;
      return new Cell(Numbers.fixed(Numbers.median(known), decimals), range, Status.NEUTRAL);
    }
  }

  /** Whether something is as it should be. */
  enum Status {
    GOOD,
    BAD,
    WARNING,
    NEUTRAL;

    /** So that colour is never all that tells. */
    String sign() {
      return switch (this) {
        case GOOD -> "✓ ";
        case BAD -> "✗ ";
        case WARNING -> "△ ";
        case NEUTRAL -> "";
      };
    }
  }
}
