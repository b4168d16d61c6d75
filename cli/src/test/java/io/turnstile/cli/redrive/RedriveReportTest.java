package io.turnstile.cli.redrive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.cli.redrive.RedriveReport.Obstacle;
import io.turnstile.clients.JsonFiles;
import io.turnstile.events.SourcePosition;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RedriveReportTest {

  @Test
  void terminalShowsWhatWasSentAndWhatCannotPassAndWhy() {
    RedriveReport report = report(false);
    assertThat(report.toText().lines().map(line -> line.replaceAll(" {2,}", "  ")))
        .containsExactly(
            "in/0/7  UNKNOWN_PRODUCT  GONE: deleted",
            "redriven  2",
            "  UNKNOWN_PRODUCT  2",
            "redriven before  1",
            "cannot pass  1",
            "  GONE  1  it is no longer in the log");
    assertThat(report.progress()).isEqualTo("2 redriven, 2 not");
  }

  @Test
  void dryRunSaysSo() {
    assertThat(report(true).toText()).contains("to be redriven ");
  }

  @Test
  void fileHasTheSame() throws Exception {
    assertThat(JsonFiles.text(report(false).json()).replaceAll("\\s+", ""))
        .isEqualTo(
            "{\"dry_run\":false,\"redriven\":2,\"redriven_by_code\":{\"UNKNOWN_PRODUCT\":2},"
                + "\"already_redriven\":1,\"not_redriven\":{\"GONE\":1},"
                + "\"unsent\":[{\"origin\":\"in/0/7\",\"code\":\"UNKNOWN_PRODUCT\","
                + "\"obstacle\":\"GONE\",\"detail\":\"deleted\"}]}");
  }

  @Test
  void moreThanATerminalShowsIsCounted() {
    RedriveReport report = new RedriveReport(false);
    for (int i = 0; i <= RedriveReport.MAX_NAMED; i++) {
      report.notSent(new SourcePosition("in", 0, i), "X", Obstacle.GONE, "why");
    }
    assertThat(report.toText()).contains("in/0/19 ", "… and 9,981 more").doesNotContain("in/0/20 ");
    assertThat(report.json().unsent()).hasSize(RedriveReport.MAX_NAMED);
    assertThat(report.json().notRedriven()).containsEntry(Obstacle.GONE, 10_001L);
  }

  @Test
  void whatWasSentBeforeAFailureIsShownAndWritten(@TempDir Path directory) throws Exception {
    StringWriter stdout = new StringWriter();
    Path out = directory.resolve("redrive.json");
    RedriveReport report = new RedriveReport(false);
    assertThatThrownBy(
            () ->
                RedriveCommand.reporting(
                    report,
                    new PrintWriter(stdout),
                    out,
                    () -> {
                      report.sent("UNKNOWN_PRODUCT");
                      throw new IllegalStateException("broken");
                    }))
        .hasMessage("broken");
    assertThat(stdout.toString()).containsPattern("redriven +1\\R");
    assertThat(Files.readString(out)).contains("UNKNOWN_PRODUCT");
  }

  private static RedriveReport report(boolean dryRun) {
    RedriveReport report = new RedriveReport(dryRun);
    report.sent("UNKNOWN_PRODUCT");
    report.sent("UNKNOWN_PRODUCT");
    report.alreadyRedriven();
    report.notSent(new SourcePosition("in", 0, 7), "UNKNOWN_PRODUCT", Obstacle.GONE, "deleted");
    return report;
  }
}
