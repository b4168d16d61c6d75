package io.turnstile.simulator.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.events.Transaction;
import io.turnstile.simulator.Kind;
import io.turnstile.simulator.Shape;
import io.turnstile.simulator.SimulatedEvent.Submission;
import io.turnstile.simulator.TokenIssuer;
import io.turnstile.simulator.TokenKind;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RequestFileTest {

  @TempDir private Path directory;

  @Test
  void eachRowIsARequestWithItsTokenAndTheStatusesOfItsAnswer() throws Exception {
    TokenIssuer tokens =
        TokenIssuer.generate(directory.resolve("key.json"), directory.resolve("jwks.json"));
    Path file = directory.resolve("requests.csv");
    Transaction transaction = new Transaction("t-1", "c-1", "p \"1\"", 1, 5, "EUR", 1, "");
    try (RequestFile requests = new RequestFile(file)) {
      Submission accepted = Submission.accepted(Kind.ORDINARY, transaction, 0);
      requests.send(accepted, tokens, 0);
      requests.send(
          new Submission(
              Kind.CONFLICT,
              transaction,
              TokenKind.VALID,
              Shape.PLAIN,
              0,
              1,
              "ID_CONFLICT",
              Set.of("ACCEPTED", "ID_CONFLICT")),
          tokens,
          0);
    }

    List<CSVRecord> rows;
    try (CSVParser parser =
        CSVParser.parse(
            file,
            StandardCharsets.UTF_8,
            CSVFormat.DEFAULT.builder().setHeader().setSkipHeaderRecord(true).get())) {
      rows = parser.getRecords();
    }
    assertThat(rows).extracting(row -> row.get("status")).containsExactly("200", "200|409");
    assertThat(rows.get(0).get("token")).matches("[^.]+\\.[^.]+\\.[^.]+");
    assertThat(rows.get(0).get("body"))
        .contains("\"transaction_id\":\"t-1\"", "\"product_id\":\"p \\\"1\\\"\"")
        .doesNotContain(rows.get(0).get("token"));
  }
}
