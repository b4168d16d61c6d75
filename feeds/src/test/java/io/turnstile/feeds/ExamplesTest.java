package io.turnstile.feeds;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.feeds.config.Feed;
import io.turnstile.feeds.config.FeedFile;
import io.turnstile.feeds.mapping.RecordMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files in the documents are files of feeds. */
class ExamplesTest {

  private static final Path DOCUMENT =
      Path.of(System.getProperty("turnstile.home"), "docs", "feeds.md");

  private static final Pattern BLOCK = Pattern.compile("(?ms)^```yaml\\R(.*?)^```");

  @TempDir private Path directory;

  @Test
  void exampleOfTheContainersIsRight() throws Exception {
    Path file = Path.of(System.getProperty("turnstile.home"), "feeds", "example.yaml");
    for (Feed feed : FeedFile.read(file)) {
      assertThat(RecordMapper.of(feed)).isNotNull();
    }
  }

  @Test
  void examplesOfTheDocumentAreRight() throws Exception {
    List<MatchResult> blocks = BLOCK.matcher(Files.readString(DOCUMENT)).results().toList();
    assertThat(blocks).isNotEmpty();
    for (MatchResult block : blocks) {
      Path file = Files.writeString(directory.resolve("feeds.yaml"), block.group(1));
      for (Feed feed : FeedFile.read(file)) {
        assertThat(RecordMapper.of(feed)).isNotNull();
      }
    }
  }
}
