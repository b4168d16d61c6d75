package io.turnstile.feeds.source.csv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.turnstile.feeds.TestFeeds;
import io.turnstile.feeds.source.Page;
import io.turnstile.feeds.source.PageRequest;
import io.turnstile.feeds.source.SourceException;
import io.turnstile.feeds.source.SourceException.Cure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CsvSourceTest {

  @TempDir private Path directory;

  private Path file;
  private CsvSource source;

  @BeforeEach
  void start() {
    file = directory.resolve("products.csv");
  }

  @AfterEach
  void stop() {
    if (source != null) {
      source.close();
    }
  }

  private CsvSource source(String more) throws Exception {
    stop();
    source =
        new CsvSource(
            TestFeeds.products(directory, "csv: {file: '" + file + "', page_size: 2" + more + "}"));
    return source;
  }

  private void write(String text, Charset charset) throws Exception {
    Files.write(file, text.getBytes(charset));
    // Long enough ago to be whole.
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(60)));
  }

  private static PageRequest at(String position) {
    return new PageRequest(position, null, null, null);
  }

  private static List<String> ids(Page page) {
    return page.records().stream().map(each -> each.value().path("id").asText()).toList();
  }

  @Test
  void recordsComePageByPage() throws Exception {
    write("\ufeffid,name\na,\"Tea, \"\"green\"\"\"\nb,x\n\nc,\nd,y\n", StandardCharsets.UTF_8);
    Page first = source("").fetch(PageRequest.FIRST);
    assertThat(first.records().get(0).value().toString())
        .isEqualTo("{\"id\":\"a\",\"name\":\"Tea, \\\"green\\\"\"}");
    Page second = source.fetch(at(first.next()));
    assertThat(ids(second)).containsExactly("c", "d");
    assertThat(second.next()).isNull();
  }

  @Test
  void restartGoesOnAtThePosition() throws Exception {
    write("id\na\nb\nc\nd\ne\n", StandardCharsets.UTF_8);
    List<String> read = new ArrayList<>();
    String position = null;
    do {
      Page page = source("").fetch(at(position));
      read.addAll(ids(page));
      position = page.next();
    } while (position != null);
    assertThat(read).containsExactly("a", "b", "c", "d", "e");
  }

  @Test
  void fileThatChangesIsReadFromItsBegin() throws Exception {
    write("id\na\nb\nc\n", StandardCharsets.UTF_8);
    String position = source("").fetch(PageRequest.FIRST).next();
    write("id\nz\na\nb\nc\n", StandardCharsets.UTF_8);
    assertThat(catchThrowableOfType(SourceException.class, () -> source.fetch(at(position))).cure())
        .isEqualTo(Cure.BEGIN_AGAIN);
  }

  /** It grows behind what is read: the last page would end the sync before the file ends. */
  @Test
  void fileThatGrowsAfterItsLastPageWasBegunIsReadFromItsBegin() throws Exception {
    write("id\n" + "a\n".repeat(3), StandardCharsets.UTF_8);
    CsvSource made =
        new CsvSource(TestFeeds.products(directory, "csv: {file: '" + file + "', page_size: 2}")) {
          @Override
          boolean hasNext() {
            boolean more = super.hasNext();
            if (!more) {
              append("b\n");
            }
            return more;
          }
        };
    String position = made.fetch(PageRequest.FIRST).next();
    assertThat(catchThrowableOfType(SourceException.class, () -> made.fetch(at(position))).cure())
        .isEqualTo(Cure.BEGIN_AGAIN);
    made.close();
  }

  private void append(String text) {
    try {
      Files.writeString(file, text, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void fileThatHasJustChangedIsLeftAlone() throws Exception {
    write("id\na\n", StandardCharsets.UTF_8);
    Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
    SourceException failure = failure();
    assertThat(failure.cure()).isEqualTo(Cure.REPEAT);
    assertThat(failure.retryAfter()).isPositive();
  }

  @Test
  void quoteThatIsNotClosedDoesNotTakeTheWholeFile() throws Exception {
    write("id,name\na,\"" + "secret\n".repeat(500_000), StandardCharsets.UTF_8);
    SourceException failure = failure();
    assertThat(failure.cure()).isEqualTo(Cure.CHANGE);
    assertThat(failure).hasMessageContaining("quote").hasMessageNotContaining("secret");
  }

  @Test
  void fileThatDidNotChangeIsNotRead() throws Exception {
    write("id\na\n", StandardCharsets.UTF_8);
    String validator = source("").fetch(PageRequest.FIRST).validator();
    assertThat(source.fetch(new PageRequest(null, null, null, validator)).unchanged()).isTrue();
    write("id\na\nb\n", StandardCharsets.UTF_8);
    assertThat(ids(source.fetch(new PageRequest(null, null, null, validator))))
        .containsExactly("a", "b");
  }

  @Test
  void delimiterAndCharsetAreTheFiles() throws Exception {
    write("id;name\na;Käse\n", StandardCharsets.ISO_8859_1);
    Page page = source(", delimiter: ';', charset: ISO-8859-1").fetch(PageRequest.FIRST);
    assertThat(page.records().get(0).value().path("name").asText()).isEqualTo("Käse");
  }

  @Test
  void bytesOfAnotherCharsetAreNotReplacedInSilence() throws Exception {
    write("id;name\na;Käse\n", StandardCharsets.ISO_8859_1);
    assertThat(failure().cure()).isEqualTo(Cure.CHANGE);
  }

  @Test
  void brokenFileIsSaidWithItsLineAndNotRepeated() throws Exception {
    write("id,name\na,x\n\"secret\"b,y\n", StandardCharsets.UTF_8);
    SourceException failure = failure();
    assertThat(failure.cure()).isEqualTo(Cure.CHANGE);
    assertThat(failure).hasMessageContaining("line").hasMessageNotContaining("secret");
    write("id,id\na,x\n", StandardCharsets.UTF_8);
    assertThat(failure().cure()).isEqualTo(Cure.CHANGE);
  }

  @Test
  void fileThatIsNotThereMayCome() throws Exception {
    assertThat(failure().cure()).isEqualTo(Cure.REPEAT);
  }

  private SourceException failure() throws Exception {
    CsvSource made = source("");
    return catchThrowableOfType(SourceException.class, () -> made.fetch(PageRequest.FIRST));
  }

  @Test
  void lineWithFewerColumnsLacksTheOthers() throws Exception {
    write("id,name\na\n", StandardCharsets.UTF_8);
    assertThat(source("").fetch(PageRequest.FIRST).records().get(0).value().has("name")).isFalse();
  }
}
