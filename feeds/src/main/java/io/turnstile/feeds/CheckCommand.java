package io.turnstile.feeds;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.turnstile.clients.OptionSources;
import io.turnstile.feeds.config.Feed;
import io.turnstile.feeds.config.FeedFile;
import io.turnstile.feeds.config.FeedFileException;
import io.turnstile.feeds.mapping.Mapped;
import io.turnstile.feeds.mapping.RecordMapper;
import io.turnstile.feeds.source.Page;
import io.turnstile.feeds.source.PageRequest;
import io.turnstile.feeds.source.PageSource;
import io.turnstile.feeds.source.SourceException;
import io.turnstile.feeds.source.SourceRecord;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code feeds check}: looks at a file, and at what its mapping makes of the sources. */
@Command(
    name = "check",
    description =
        "Check a file of feeds, without Kafka. With --dry-run, fetch the first page of each and show"
            + " what ten records of it become.",
    mixinStandardHelpOptions = true)
final class CheckCommand implements Callable<Integer> {

  private static final int SHOWN = 10;

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "YAML file of feeds, see docs/feeds.md.")
  private Path file;

  @Option(
      names = "--dry-run",
      fallbackValue = OptionSources.ON,
      description = "Ask the sources, publish nothing.")
  private boolean dryRun;

  @Option(names = "--feed", paramLabel = "NAME", description = "This one only.")
  private String name;

  @Override
  public Integer call() throws FeedFileException, InterruptedException {
    List<Feed> feeds = FeedFile.read(file);
    if (name != null) {
      feeds = feeds.stream().filter(feed -> feed.name().equals(name)).toList();
      if (feeds.isEmpty()) {
        throw new ParameterException(spec.commandLine(), file + " has no feed " + name);
      }
    }
    PrintWriter out = spec.commandLine().getOut();
    int exitCode = spec.exitCodeOnSuccess();
    for (Feed feed : feeds) {
      RecordMapper mapper = RecordMapper.of(feed);
      if (!dryRun) {
        out.printf("%s: the file is right%n", feed.name());
      } else if (!show(feed, mapper, out)) {
        exitCode = spec.exitCodeOnExecutionException();
      }
      out.flush();
    }
    return exitCode;
  }

  /** Returns whether all records shown are good. */
  private static boolean show(Feed feed, RecordMapper mapper, PrintWriter out)
      throws InterruptedException {
    try (PageSource source = Sources.of(feed)) {
      Page page = source.fetch(PageRequest.FIRST);
      List<SourceRecord> records = page.records();
      out.printf(
          "%s: %d records in the first page, %s%n",
          feed.name(),
          records.size(),
          page.next() == null ? "which is the last" : "and there are more");
      boolean good = true;
      for (SourceRecord record : records.subList(0, Math.min(SHOWN, records.size()))) {
        Mapped mapped = mapper.map(record, System.currentTimeMillis());
        good &= !(mapped instanceof Mapped.Malformed);
        out.println("  " + line(mapped));
      }
      return good;
    } catch (SourceException e) {
      out.printf("%s: %s%n", feed.name(), e.getMessage());
      return false;
    }
  }

  private static String line(Mapped mapped) {
    if (mapped instanceof Mapped.Put put) {
      return new String(put.value(), UTF_8);
    }
    return mapped instanceof Mapped.Delete delete
        ? "deleted: " + delete.key()
        : "left out: " + ((Mapped.Malformed) mapped).detail();
  }
}
