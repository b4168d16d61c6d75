package io.turnstile.job.read;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.events.SourcePosition;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URLDecoder;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class RoutingKeyTest {

  /** A header with the lane counts, then a percent-encoded key and its lanes per line. */
  private static final String GOLDEN = "/routing-keys.golden.tsv";

  private static final SourcePosition POSITION = new SourcePosition("transactions", 3, 42);

  /** Never mend the file: replayed inputs would come to other lanes than their verdicts. */
  @Test
  void lanesAreFrozen() throws Exception {
    List<String> lines = readGolden();
    int[] laneCounts =
        Arrays.stream(lines.get(0).split("\t", -1)).skip(1).mapToInt(Integer::parseInt).toArray();
    assertThat(laneCounts).containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 24, 128);
    assertThat(lines).hasSizeGreaterThan(30);
    for (String line : lines.subList(1, lines.size())) {
      String[] columns = line.split("\t", -1);
      String key = URLDecoder.decode(columns[0], UTF_8);
      for (int i = 0; i < laneCounts.length; i++) {
        assertThat(RoutingKey.lane(key, laneCounts[i]))
            .as("lane of %s among %d", columns[0], laneCounts[i])
            .isEqualTo(Integer.parseInt(columns[i + 1]));
      }
    }
  }

  @Test
  void readableCustomerIsTheKeyWhereverTheInputStands() {
    assertThat(RoutingKey.of("customer", POSITION)).isEqualTo("customer");
    assertThat(RoutingKey.of("customer", new SourcePosition("other", 0, 0))).isEqualTo("customer");
  }

  @Test
  void positionIsTheKeyWhereThereIsNoCustomer() {
    assertThat(RoutingKey.of(null, POSITION)).isEqualTo("transactions/3/42");
  }

  private static List<String> readGolden() throws Exception {
    try (InputStream golden = RoutingKeyTest.class.getResourceAsStream(GOLDEN);
        BufferedReader reader = new BufferedReader(new InputStreamReader(golden, UTF_8))) {
      return reader.lines().toList();
    }
  }
}
