package io.turnstile.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.audit.Violation.Kind;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.SourcePosition;
import java.math.BigInteger;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class AuditReportTest {

  @Test
  void isWrittenAsJson() {
    AuditReport report =
        new AuditReport(
            1,
            2,
            3,
            4,
            5,
            6,
            7,
            8,
            9,
            10,
            new EnumMap<>(
                Map.of(RejectionReason.UNKNOWN_PRODUCT, 11L, RejectionReason.TOKEN_EXPIRED, 12L)),
            new EnumMap<>(
                Map.of(DeadLetterCode.MALFORMED_JSON, 13L, DeadLetterCode.SCHEMA_VIOLATION, 14L)),
            new TreeMap<>(
                Map.of(
                    "EUR", BigInteger.valueOf(Long.MAX_VALUE).shiftLeft(1), "CHF", BigInteger.TEN)),
            List.of(
                new Violation(
                    Kind.ACCEPTED_TWICE,
                    new SourcePosition("transactions", 1, 2),
                    List.of("verdicts.accepted/3/4", "verdicts.accepted/5/6"),
                    "twice"),
                new Violation(Kind.MISROUTED, null, List.of(), "a gap")),
            List.of("a note"));
    assertThat(report.toJson())
        .isEqualTo(
            """
            {
              "passed" : false,
              "inputs" : 1,
              "verdicts" : 2,
              "missing" : 3,
              "duplicated" : 4,
              "wrong" : 5,
              "accepted_twice" : 6,
              "misrouted" : 7,
              "in_flight" : 8,
              "expired_by_retention" : 9,
              "accepted" : 10,
              "rejected" : {
                "TOKEN_EXPIRED" : 12,
                "UNKNOWN_PRODUCT" : 11
              },
              "dead_lettered" : 27,
              "accepted_amount" : {
                "CHF" : 10,
                "EUR" : 18446744073709551614
              },
              "violations" : [ {
                "kind" : "accepted_twice",
                "source" : "transactions/1/2",
                "verdicts" : [ "verdicts.accepted/3/4", "verdicts.accepted/5/6" ],
                "what" : "twice"
              }, {
                "kind" : "misrouted",
                "source" : null,
                "verdicts" : [ ],
                "what" : "a gap"
              } ]
            }
            """);
  }

  @Test
  void ofNothingIsWrittenAsJson() {
    AuditReport report =
        new AuditReport(
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            Map.of(),
            Map.of(),
            new TreeMap<>(),
            List.of(),
            List.of());
    assertThat(report.toJson())
        .isEqualTo(
            """
            {
              "passed" : true,
              "inputs" : 0,
              "verdicts" : 0,
              "missing" : 0,
              "duplicated" : 0,
              "wrong" : 0,
              "accepted_twice" : 0,
              "misrouted" : 0,
              "in_flight" : 0,
              "expired_by_retention" : 0,
              "accepted" : 0,
              "rejected" : { },
              "dead_lettered" : 0,
              "accepted_amount" : { },
              "violations" : [ ]
            }
            """);
  }
}
