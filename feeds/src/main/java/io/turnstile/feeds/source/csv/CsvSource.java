package io.turnstile.feeds.source.csv;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.turnstile.feeds.config.CsvFile;
import io.turnstile.feeds.config.Feed;
import io.turnstile.feeds.source.Page;
import io.turnstile.feeds.source.PageRequest;
import io.turnstile.feeds.source.PageSource;
import io.turnstile.feeds.source.SourceException;
import io.turnstile.feeds.source.SourceRecord;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.apache.commons.csv.DuplicateHeaderMode;

/**
 * Records of a CSV file, whose fields are texts under the names of its first line. A position is
 * the number of a record and the file's time and size: of another file, it is not valid.
 */
public class CsvSource implements PageSource {

  private static final char BYTE_ORDER_MARK = '\ufeff';
  private static final int MAX_RECORD_CHARS = 1 << 20;

  /** A file that was changed more recently may still be written. */
  private static final Duration QUIET = Duration.ofSeconds(2);

  private final CsvFile settings;
  private final Path file;
  private CSVParser parser;
  private BoundedReader bounded;
  private Iterator<CSVRecord> records;
  private String identity;
  private long number;

  /** Reads nothing yet. */
  public CsvSource(Feed feed) {
    settings = feed.config().csv();
    file = Path.of(settings.file());
  }

  @Override
  public Page fetch(PageRequest request) throws SourceException {
    String now = identityNow();
    if (request.position() == null) {
      if (now.equals(request.validator())) {
        return new Page(List.of(), null, null, now, true);
      }
      requireQuiet();
      open(now, 0);
    } else {
      String[] parts = request.position().split("@", 2);
      if (!parts[1].equals(now)) {
        throw changed();
      }
      long wanted = Long.parseLong(parts[0]);
      if (parser == null || !now.equals(identity) || number != wanted) {
        open(now, wanted);
      }
    }
    return page();
  }

  private SourceException changed() {
    close();
    return SourceException.expired("the file has changed while it was read");
  }

  /** Clocks of other machines may be ahead: a file of the future is not waited for. */
  private void requireQuiet() throws SourceException {
    try {
      long age = System.currentTimeMillis() - Files.getLastModifiedTime(file).toMillis();
      if (Math.abs(age) < QUIET.toMillis()) {
        throw SourceException.early("the file may still be written: it has just changed", QUIET);
      }
    } catch (IOException e) {
      throw SourceException.passing("the file cannot be read: " + e, e);
    }
  }

  private String identityNow() throws SourceException {
    try {
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      return attributes.lastModifiedTime().toMillis() + "-" + attributes.size();
    } catch (IOException e) {
      throw SourceException.passing("the file cannot be read: " + e, e);
    }
  }

  // The parser closes the reader.
  private void open(String now, long skipped) throws SourceException {
    close();
    try {
      BufferedReader reader =
          new BufferedReader(
              new InputStreamReader(
                  Files.newInputStream(file),
                  Charset.forName(settings.charset())
                      .newDecoder()
                      .onMalformedInput(CodingErrorAction.REPORT)
                      .onUnmappableCharacter(CodingErrorAction.REPORT)));
      reader.mark(1);
      if (reader.read() != BYTE_ORDER_MARK) {
        reader.reset();
      }
      bounded = new BoundedReader(reader, MAX_RECORD_CHARS);
      parser =
          CSVFormat.DEFAULT
              .builder()
              .setDelimiter(settings.delimiter())
              .setHeader()
              .setSkipHeaderRecord(true)
              .setDuplicateHeaderMode(DuplicateHeaderMode.DISALLOW)
              .get()
              .parse(bounded);
      records = parser.iterator();
      identity = now;
      for (number = 0; number < skipped && hasNext(); number++) {
        records.next();
      }
    } catch (IOException | UncheckedIOException | IllegalArgumentException e) {
      throw broken(e);
    }
  }

  private Page page() throws SourceException {
    List<SourceRecord> page = new ArrayList<>();
    try {
      while (page.size() < settings.pageSize() && hasNext()) {
        page.add(SourceRecord.of(fields(records.next())));
      }
      number += page.size();
      boolean more = hasNext();
      if (!more && !identityNow().equals(identity)) {
        // What was at its end when it was read may not be all.
        throw changed();
      }
      String validator = identity;
      return new Page(page, more ? number + "@" + identity : null, null, validator, false);
    } catch (UncheckedIOException | IllegalStateException e) {
      throw broken(e);
    }
  }

  /** Whether there is another record. */
  boolean hasNext() {
    bounded.next();
    return records.hasNext();
  }

  private static ObjectNode fields(CSVRecord record) {
    ObjectNode fields = JsonNodeFactory.instance.objectNode();
    record.toMap().forEach(fields::put);
    return fields;
  }

  /** The library's own message may repeat what is in the file. */
  private SourceException broken(Exception e) {
    long line = parser == null ? 0 : parser.getCurrentLineNumber();
    close();
    if (e.getCause() instanceof BoundedReader.TooLongException tooLong) {
      return SourceException.lasting("near line %d %s".formatted(line, tooLong.getMessage()), e);
    }
    return SourceException.lasting(
        "the file is no CSV of charset %s near line %d".formatted(settings.charset(), line), e);
  }

  @Override
  public void close() {
    if (parser != null) {
      try {
        parser.close();
      } catch (IOException e) {
        throw new UncheckedIOException("closing a file that is read", e);
      } finally {
        parser = null;
      }
    }
  }
}
