package io.turnstile.bench.jtl;

import io.turnstile.bench.run.SampledRun.Sample;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/** A file of samples as JMeter writes it: CSV with the names of its columns in the first line. */
final class JtlFile {

  /** The label of our sampler's samples; a plan may have others. */
  private static final String LABEL = "transaction";

  /** The response code of what was not sent. */
  private static final String NOT_SENT = "error";

  private static final Set<String> COLUMNS =
      Set.of("timeStamp", "elapsed", "label", "responseCode", "responseMessage", "success");

  /**
   * Content of the file that is of interest here.
   *
   * @param samples of transactions that were sent
   * @param notSent transactions that were not
   * @param firstFailure why the first of these was not; null if there are none
   * @param threads the most that were there at a time; 0 if it does not say
   */
  record Content(List<Sample> samples, long notSent, String firstFailure, int threads) {}

  private JtlFile() {}

  /**
   * Reads the whole file.
   *
   * @throws IOException if it cannot be read or is no such file; with a message for a person
   */
  static Content read(Path file) throws IOException {
    List<Sample> samples = new ArrayList<>();
    long notSent = 0;
    String firstFailure = null;
    int threads = 0;
    try (Reader reader = Files.newBufferedReader(file);
        CSVParser rows =
            CSVFormat.DEFAULT.builder().setHeader().setSkipHeaderRecord(true).get().parse(reader)) {
      if (!rows.getHeaderMap().keySet().containsAll(COLUMNS)) {
        throw new IOException(
            "%s is not what JMeter writes as CSV with column names (it needs %s)"
                .formatted(file, String.join(", ", COLUMNS.stream().sorted().toList())));
      }
      for (CSVRecord row : rows) {
        if (!row.get("label").equals(LABEL)) {
          continue;
        }
        if (row.isMapped("allThreads")) {
          threads = Math.max(threads, Integer.parseInt(row.get("allThreads")));
        }
        if (row.get("responseCode").equals(NOT_SENT)) {
          notSent++;
          firstFailure = firstFailure == null ? row.get("responseMessage") : firstFailure;
        } else {
          samples.add(
              new Sample(
                  Long.parseLong(row.get("timeStamp")),
                  Long.parseLong(row.get("elapsed")),
                  Boolean.parseBoolean(row.get("success"))));
        }
      }
    } catch (UncheckedIOException | IllegalArgumentException e) {
      throw new IOException(file + " cannot be read: " + e.getMessage(), e);
    }
    return new Content(samples, notSent, firstFailure, threads);
  }
}
