package io.turnstile.events;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Values that are no transactions get the first code that applies. */
class TransactionCodecTest {

  private static final String SECRET = "SECRET-TOKEN";

  private static final String GOOD =
      """
      {"transaction_id": "t-1", "customer_id": "c-1", "product_id": "p-1", "quantity": 2,
       "amount": 1998, "currency": "GBP", "occurred_at": 1290000000000, "token": "SECRET-TOKEN"}""";

  @Test
  void readsTransaction() {
    assertThat(TransactionCodec.decode(bytes(GOOD)))
        .isEqualTo(
            new Decoded.Valid<>(
                new Transaction("t-1", "c-1", "p-1", 2, 1998, "GBP", 1_290_000_000_000L, SECRET)));
  }

  @Test
  void tokenAndIdMayComeBesideTheValue() {
    String bare =
        GOOD.replace("\"transaction_id\": \"t-1\", ", "")
            .replace(", \"token\": \"SECRET-TOKEN\"", "");
    assertThat(TransactionCodec.decode(bytes(bare), "t-1", SECRET))
        .isEqualTo(TransactionCodec.decode(bytes(GOOD)));
    assertThat(TransactionCodec.decode(bytes(bare), null, SECRET))
        .isEqualTo(
            new Decoded.Invalid<>(
                DeadLetterCode.SCHEMA_VIOLATION, "transaction_id is missing", "c-1"));
  }

  @Test
  void idOfTheValueCountsAndItsTokenDoesNot() {
    assertThat(TransactionCodec.decode(bytes(GOOD), "t-2", "OTHER"))
        .isEqualTo(
            new Decoded.Valid<>(
                new Transaction("t-1", "c-1", "p-1", 2, 1998, "GBP", 1_290_000_000_000L, "OTHER")));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 257})
  void idBesideTheValueHasTheBoundsOfAnId(int length) {
    String bare = GOOD.replace("\"transaction_id\": \"t-1\", ", "");
    assertThat(TransactionCodec.decode(bytes(bare), "x".repeat(length), SECRET))
        .isEqualTo(
            new Decoded.Invalid<>(
                DeadLetterCode.SCHEMA_VIOLATION,
                "transaction_id is not a string of 1 to 256 bytes",
                "c-1"));
  }

  @Test
  void fieldOrderSpaceAndEscapesDoNotMatter() {
    String other =
        """
        {"token":"SECRET-TOKEN","occurred_at":1290000000000,"currency":"\\u0047BP","amount":1998,
        \t"quantity":2, "product_id":"p\\u002d1","customer\\u005fid":"c-1","transaction_id":"t-1"}
        """;
    assertThat(TransactionCodec.decode(bytes(other)))
        .isEqualTo(TransactionCodec.decode(bytes(GOOD)));
  }

  @Test
  void byteOrderMarkIsSkipped() {
    assertThat(TransactionCodec.decode(bytes("\ufeff" + GOOD)))
        .isEqualTo(TransactionCodec.decode(bytes(GOOD)));
  }

  @Test
  void nullIsMalformed() {
    assertMalformed(null, "the value is null");
  }

  @Test
  void emptyIsMalformed() {
    assertMalformed(new byte[0], "the value is empty");
  }

  @ParameterizedTest
  @ValueSource(strings = {" ", "\n", " \t\r\n ", "\ufeff "})
  void blankIsMalformed(String blank) {
    assertMalformed(bytes(blank), "the value is blank");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "c0af", // overlong slash
        "e080af", // overlong slash in three bytes
        "f08080af", // overlong slash in four bytes
        "80", // lone continuation
        "bf",
        "eda080", // high surrogate
        "edb080", // low surrogate
        "eda0bdedb880", // surrogate pair, CESU-8
        "f4908080", // beyond U+10FFFF
        "f8888080", // lead byte of five
        "fe",
        "ff",
        "e282", // a character cut short
        "c3"
      })
  void invalidUtf8IsMalformedWhereverItStands(String hex) {
    byte[] invalid = HexFormat.of().parseHex(hex);
    assertMalformedBeginning(splice(GOOD.replace("t-1", "t-@"), invalid), "invalid UTF-8 at ");
    assertMalformedBeginning(
        splice(GOOD.replace(SECRET, SECRET + "@"), invalid), "invalid UTF-8 at ");
    assertMalformedBeginning(
        splice(GOOD.replace("{", "{\"unknown\": \"@\", "), invalid), "invalid UTF-8 at ");
    assertMalformedBeginning(
        splice(GOOD.replace("{", "{\"@\": 1, "), invalid), "invalid UTF-8 at ");
    assertMalformedBeginning(splice("\"@\"", invalid), "invalid UTF-8 at ");
    assertMalformedBeginning(invalid, "invalid UTF-8 at ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32", "UTF-32LE", "UTF-32BE"})
  void otherEncodingsAreMalformed(String charset) {
    assertMalformed(GOOD.getBytes(Charset.forName(charset)));
  }

  @Test
  void zeroByteIsMalformed() {
    assertMalformedBeginning(bytes(GOOD.replace("t-1", "t\0")), "a zero byte at ");
    assertMalformed(bytes(GOOD + "\0"), "a zero byte at " + bytes(GOOD).length);
    assertMalformed(
        bytes("\0" + GOOD), "a zero byte at 0: this looks like the prefix of a schema registry");
    assertMalformed(new byte[1], "a zero byte at 0");
  }

  @Test
  void everyTruncationIsMalformed() {
    byte[] good = bytes(GOOD);
    for (int length = 1; length < good.length; length++) {
      assertMalformed(Arrays.copyOf(good, length));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "}", "]", ",", "{}", " null", "\n1", "\"a\"", " // c", "#"})
  void textAfterTheValueIsMalformed(String trailing) {
    assertMalformed(bytes(GOOD + trailing));
    assertMalformed(bytes("{}" + trailing));
    assertMalformed(bytes("[1]" + trailing));
    assertMalformed(bytes("\"a\"" + trailing));
  }

  @Test
  void twoTransactionsAreMalformed() {
    assertMalformed(bytes(GOOD + GOOD), "text after the JSON value");
    assertMalformed(bytes(GOOD + "\n" + GOOD), "text after the JSON value");
    assertMalformed(bytes("1 2"), "text after the JSON value");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"amount\": 1998, @",
        "{\"\\u0061mount\": 1998, @",
        "{\"amount\": null, @",
        "{\"x\": 1, \"x\": 1, @",
        "{\"x\": 1, \"\\u0078\": 2, @",
        "{\"é\": 1, \"\\u00e9\": 2, @",
        "{\"😀\": 1, \"\\ud83d\\ude00\": 2, @",
        "{\"\": 1, \"\": 2, @",
        "{\"x\": {\"y\": 1, \"y\": 1}, @",
        "{\"x\": [[{\"y\": {\"z\": 1, \"z\": []}}]], @",
      })
  void duplicateKeyIsMalformed(String start) {
    String duplicate = start.replace("@", GOOD.substring(1));
    assertMalformed(bytes(duplicate));
    assertThat(invalid(bytes(duplicate)).message()).startsWith("a duplicate key at line ");
  }

  @Test
  void duplicateKeyInWrongValueIsMalformed() {
    assertMalformed(bytes(GOOD.replace("1998", "{\"x\": 1, \"x\": 1}")));
    assertMalformed(bytes("[{\"x\": 1, \"x\": 1}]"));
  }

  @Test
  void sameKeyInDifferentObjectsIsNoDuplicate() {
    assertValid(GOOD.replace("{", "{\"x\": {\"amount\": 1, \"x\": [{\"x\": 1}, {\"x\": 1}]}, "));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "NaN",
        "Infinity",
        "-Infinity",
        "+1",
        "01",
        "-01",
        ".5",
        "1.",
        "1e",
        "0x10",
        "1_000",
        "'a'",
        "undefined",
        "TRUE",
        "nul",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"a\tb\"",
        "\"a\nb\"",
        "[1,]",
        "{\"a\":1,}",
        "{a:1}",
        "[1 2]",
        "{\"a\" 1}",
        "{\"a\":}",
        "/**/1",
        "-",
        "\"\\ud83d"
      })
  void whatIsNoJsonIsMalformedWhereverItStands(String noJson) {
    assertMalformed(bytes(noJson));
    assertMalformed(bytes(GOOD.replace("1998", noJson)));
    assertMalformed(bytes(GOOD.replace("{", "{\"unknown\": " + noJson + ", ")));
  }

  @Test
  void malformedComesBeforeSchemaViolation() {
    assertMalformed(bytes(GOOD.replace("\"c-1\"", "7") + "x"));
    assertMalformed(bytes(GOOD.replace("\"c-1\"", "{}").replace("}", "")));
    assertMalformed(bytes("[1, 2"));
    assertMalformed(bytes("7 8"));
  }

  @Test
  void tooLargeComesBeforeMalformed() {
    byte[] value = new byte[TransactionCodec.MAX_VALUE_BYTES + 1];
    assertThat(invalid(value).code()).isEqualTo(DeadLetterCode.TOO_LARGE);
    assertThat(invalid(value).key()).isNull();
  }

  @Test
  void sizeIsJudgedToTheByte() {
    int room = TransactionCodec.MAX_VALUE_BYTES - bytes(GOOD).length;
    assertValid(GOOD + " ".repeat(room));
    assertValid(GOOD.replace(SECRET, SECRET + "x".repeat(room)));
    assertThat(invalid(bytes(GOOD + " ".repeat(room + 1))).code())
        .isEqualTo(DeadLetterCode.TOO_LARGE);
    assertThat(invalid(bytes(GOOD.replace(SECRET, SECRET + "x".repeat(room + 1)))).message())
        .isEqualTo("1048577 bytes, the limit is 1048576");
  }

  @Test
  void loneSurrogateEscapeCannotBeRepeatedInVerdict() {
    for (String lone : new String[] {"\\ud800", "\\udc00", "\\udc00\\ud800", "a\\udbff"}) {
      for (String field : new String[] {"t-1", "p-1"}) {
        assertViolation(GOOD.replace(field, lone), "c-1");
      }
      assertViolation(GOOD.replace("c-1", lone), null);
      assertThat(
              CustomerCodec.decode(
                  bytes(
                      "{\"customer_id\":\"c\",\"name\":\"@\",\"segment\":\"\",\"country\":\"\","
                          .replace("@", lone)
                          .concat("\"version\":1,\"updated_at\":1}"))))
          .extracting("code")
          .isEqualTo(DeadLetterCode.SCHEMA_VIOLATION);
    }
    assertValid(GOOD.replace("t-1", "\\ud83d\\ude00"));
  }

  @Test
  void nestingIsBounded() {
    assertValid(nested(999));
    assertMalformed(bytes(nested(1000)), "nested deeper than 1000 levels");
    assertMalformed(bytes("[".repeat(TransactionCodec.MAX_VALUE_BYTES)));
    assertMalformed(bytes("{\"a\":".repeat(200_000)));
  }

  @Test
  void hugeNumbersCostNoMoreThanTheirLength() {
    String digits = "9".repeat(1_000_000);
    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () -> {
          for (String huge :
              new String[] {digits, "-" + digits, "0." + digits, digits + "e" + 999_999_999}) {
            assertValid(GOOD.replace("{", "{\"unknown\": " + huge + ", "));
            assertViolation(GOOD.replace("1998", huge), "c-1");
          }
          assertValid(GOOD.replace("{", "{\"unknown\": [1e999999999, -1E-999999999], "));
        });
  }

  @Test
  void manyUnknownFieldsAreSkipped() {
    StringBuilder fields = new StringBuilder("{");
    for (int i = 0; i < 60_000; i++) {
      fields.append('"').append(Integer.toString(i, 36)).append("\":0,");
    }
    assertValid(GOOD.replace("{", fields));
    assertValid(GOOD.replace("{", "{\"" + "n".repeat(1_000_000) + "\": 1, "));
  }

  /** Whoever knows the hash of a table of names can make them collide in it. */
  @Test
  void namesAreNotKeptInATable() {
    assertThat(RecordDecoder.JSON.isEnabled(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES))
        .isFalse();
  }

  @Test
  void keyIsGivenExactlyWhenReadableAndBounded() {
    assertViolation(GOOD.replace("1998", "null"), "c-1");
    assertViolation(GOOD.replace("c-1", "é".repeat(128)).replace("1998", "null"), "é".repeat(128));
    assertViolation(GOOD.replace("c-1", "é".repeat(129)), null);
    assertViolation(GOOD.replace("c-1", ""), null);
    assertViolation(GOOD.replace("\"c-1\"", "1"), null);
    assertViolation(GOOD.replace("\"c-1\"", "null"), null);
    assertViolation(GOOD.replace("\"c-1\"", "[\"c-1\"]"), null);
    assertViolation(GOOD.replace("customer_id", "customer"), null);
    assertViolation("{\"a\": {\"customer_id\": \"c-1\"}}", null);
    assertViolation("{\"customer_id\": \"c-1\"}", "c-1");
    assertViolation("[{\"customer_id\": \"c-1\"}]", null);
  }

  @Test
  void messageNamesTheFieldAndNeverShowsTheValue() {
    String marked = GOOD.replaceAll("(t|c|p)-1", "MARK").replace("GBP", "MARK");
    for (String value :
        new String[] {
          marked,
          marked.replace("1998", "\"MARK\""),
          marked.replace("\"SECRET-TOKEN\"", "[\"SECRET-TOKEN\"]"),
          marked.replace("{", "{\"MARK\": 1, \"MARK\": 2, "),
          marked + "MARK",
          marked.replace("1998", "MARK"),
          marked.replace("\"SECRET-TOKEN\"", "SECRET-TOKEN"),
          marked.replace("SECRET-TOKEN", "SECRET-TOKEN\n"),
          marked.replace("SECRET-TOKEN", "SECRET-TOKEN\\x"),
          "\"SECRET-TOKEN",
          "SECRET-TOKEN",
          "[\"MARK\""
        }) {
      assertThat(invalid(bytes(value)).message())
          .isNotBlank()
          .doesNotContain("MARK", "SECRET", "\n");
    }
    assertThat(invalid(bytes(GOOD.replace("1998", "1.5"))).message())
        .isEqualTo("amount is not an integer of 64 bits");
    assertThat(invalid(bytes(GOOD.replace("\"amount\"", "\"sum\""))).message())
        .isEqualTo("amount is missing");
    assertThat(invalid(bytes(GOOD.replace("GBP", "gbp"))).message())
        .isEqualTo("currency is not three capital letters");
    assertThat(invalid(bytes(GOOD + "!")).message()).isEqualTo("not JSON at line 2, column 91");
  }

  @Test
  void toStringNeverShowsTheToken() {
    assertThat(TransactionCodec.decode(bytes(GOOD)).toString()).doesNotContain(SECRET);
  }

  private static String nested(int depth) {
    return GOOD.replace("{", "{\"u\": " + "[".repeat(depth) + "]".repeat(depth) + ", ");
  }

  private static void assertValid(String value) {
    assertThat(TransactionCodec.decode(bytes(value))).isInstanceOf(Decoded.Valid.class);
  }

  private static void assertViolation(String value, String key) {
    Decoded.Invalid<Transaction> invalid = invalid(bytes(value));
    assertThat(invalid.code()).isEqualTo(DeadLetterCode.SCHEMA_VIOLATION);
    assertThat(invalid.key()).isEqualTo(key);
  }

  /** Names the format that was sent by mistake, so that its sender knows what to change. */
  @Test
  void whatItLooksLikeIsSaid() throws Exception {
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(zipped)) {
      gzip.write(bytes(GOOD));
    }
    assertThat(invalid(zipped.toByteArray()).message()).endsWith("this looks like gzip");
    for (Charset utf16 :
        List.of(StandardCharsets.UTF_16, StandardCharsets.UTF_16LE, StandardCharsets.UTF_16BE)) {
      assertThat(invalid(GOOD.getBytes(utf16)).message()).endsWith("this looks like UTF-16");
    }
    byte[] registered = bytes("\0\0\0\0\u0007" + GOOD);
    assertThat(invalid(registered).message())
        .isEqualTo("a zero byte at 0: this looks like the prefix of a schema registry");
    for (String envelope :
        List.of("{\"payload\": %s}", "{\"op\": \"c\", \"before\": null, \"after\": %s}")) {
      assertThat(invalid(bytes(envelope.formatted(GOOD))).message())
          .isEqualTo("transaction_id is missing: this looks like a change event in an envelope");
    }
  }

  /** Neither may take memory or time by its value. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "1e19",
        "9223372036854775808.0",
        "1e999999999",
        "-1e999999999",
        "1e-999999999",
        "1e2147483647",
        "-1e2147483647",
        "100e2147483647",
        "1e-2147483647",
        "1e2147483648"
      })
  void numbersBeyondSixtyFourBitsAreNoIntegersHoweverTheyAreWritten(String number) {
    assertViolation(GOOD.replace("1998", number), "c-1");
  }

  @Test
  void zeroIsAnIntegerWhateverItsExponent() {
    assertValid(GOOD.replace("1998", "0e999999999"));
  }

  private static void assertMalformed(byte[] value, String message) {
    assertMalformed(value);
    assertThat(invalid(value).message()).isEqualTo(message);
  }

  private static void assertMalformedBeginning(byte[] value, String message) {
    assertMalformed(value);
    assertThat(invalid(value).message()).startsWith(message);
  }

  private static void assertMalformed(byte[] value) {
    Decoded.Invalid<Transaction> invalid = invalid(value);
    assertThat(invalid.code()).isEqualTo(DeadLetterCode.MALFORMED_JSON);
    assertThat(invalid.key()).isNull();
  }

  private static Decoded.Invalid<Transaction> invalid(byte[] value) {
    Decoded<Transaction> decoded = TransactionCodec.decode(value);
    assertThat(decoded).isInstanceOf(Decoded.Invalid.class);
    return (Decoded.Invalid<Transaction>) decoded;
  }

  /** The text in UTF-8 with every {@code @} replaced by these bytes. */
  private static byte[] splice(String text, byte[] insert) {
    ByteArrayOutputStream spliced = new ByteArrayOutputStream();
    for (byte b : bytes(text)) {
      if (b == '@') {
        spliced.writeBytes(insert);
      } else {
        spliced.write(b);
      }
    }
    return spliced.toByteArray();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
