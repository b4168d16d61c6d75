package io.turnstile.feeds.mapping;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.turnstile.feeds.TestFeeds;
import io.turnstile.feeds.config.FeedFileException;
import io.turnstile.feeds.source.SourceRecord;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecordMapperTest {

  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

  private static final String SOURCE = "    http-pages: {url: 'http://shop.example'}\n";

  private static final String GOOD =
      """
      {"id": 7, "name": "Tea", "price": "3.50", "stock": "4", "version": 9}""";

  @TempDir private Path directory;

  private Mapped map(String mapping, String record) throws Exception {
    RecordMapper mapper = RecordMapper.of(TestFeeds.of(directory, mapping + SOURCE));
    return mapper.map(SourceRecord.of(JSON.readTree(record)), 1_000);
  }

  private static String value(Mapped mapped) {
    assertThat(mapped).isInstanceOf(Mapped.Put.class);
    return new String(((Mapped.Put) mapped).value(), UTF_8);
  }

  @Test
  void recordOfTheContractComesOut() throws Exception {
    Mapped mapped = map(TestFeeds.PRODUCTS, GOOD);
    assertThat(value(mapped))
        .isEqualTo(
            """
            {"product_id":"7","name":"Tea","category":"","unit_price":350,"currency":"EUR",\
            "stock":4,"version":9,"updated_at":9}""");
    assertThat(((Mapped.Put) mapped).key()).isEqualTo("7");
    assertThat(((Mapped.Put) mapped).version()).isEqualTo(9);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "minor-units | 12.5 | 1250",
        "minor-units | 0.1e1 | 100",
        "minor-units | '12' | 1200",
        "integer | 5.0 | 5",
        "integer | '\" 5 \"' | 5",
        "epoch-seconds | 1.5 | 1500",
        "iso-time | '\"1970-01-01T01:00:01+01:00\"' | 1000",
        "iso-time | '\"1970-01-01T00:00:00.5Z\"' | 500",
        "boolean | true | 1",
        "boolean | '\"No\"' | 0",
        "boolean | 1 | 1",
      })
  void conversions(String as, String given, long expected) throws Exception {
    Mapped mapped =
        map(
            TestFeeds.PRODUCTS.replace("stock: /stock", "stock: {at: /stock, as: " + as + "}"),
            GOOD.replace("\"4\"", given));
    assertThat(value(mapped)).contains("\"stock\":" + expected + ",");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "minor-units | 12.505 | decimals",
        "minor-units | 1e999999999 | out of bounds",
        "minor-units | [] | no number",
        "integer | 1.5 | no integer",
        "integer | 9223372036854775808 | no integer",
        "integer | '\"\"' | no number",
        "integer | null | nothing at /stock",
        "iso-time | '\"2026-01-31\"' | ISO 8601",
        "iso-time | '\"2026-01-31T12:00:00\"' | offset",
        "boolean | '\"perhaps\"' | neither",
      })
  void whatCannotBeConvertedIsMalformedAndNotRepeated(String as, String given, String why)
      throws Exception {
    Mapped mapped =
        map(
            TestFeeds.PRODUCTS.replace("stock: /stock", "stock: {at: /stock, as: " + as + "}"),
            GOOD.replace("\"4\"", given));
    assertThat(mapped).isInstanceOf(Mapped.Malformed.class);
    assertThat(((Mapped.Malformed) mapped).detail())
        .startsWith("stock: ")
        .contains(why)
        .doesNotContain("perhaps");
  }

  @Test
  void minorUnitsAreThoseOfTheRecordsCurrency() throws Exception {
    String mapping =
        TestFeeds.PRODUCTS.replace("{constant: EUR}", "{at: /currency, as: upper-case}");
    String record = GOOD.replace("}", ", \"currency\": \"%s\"}").replace("3.50", "350");
    assertThat(value(map(mapping, record.formatted("jpy")))).contains("\"unit_price\":350,");
    assertThat(value(map(mapping, record.formatted("KWD")))).contains("\"unit_price\":350000,");
    assertThat(map(mapping, record.formatted("xyz"))).isInstanceOf(Mapped.Malformed.class);
  }

  @Test
  void contractIsTheJudge() throws Exception {
    Mapped mapped = map(TestFeeds.PRODUCTS, GOOD.replace("7", "\"" + "x".repeat(300) + "\""));
    assertThat(mapped)
        .isEqualTo(
            new Mapped.Malformed(
                Mapped.Reason.CONTRACT, "product_id is not a string of 1 to 256 bytes"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{flag: /gone} | {\"id\": 7, \"gone\": true} | true",
        "{flag: /gone} | {\"id\": 7, \"gone\": \"Y\"} | true",
        "{flag: /gone} | {\"id\": 7, \"gone\": 0} | false",
        "{flag: /gone} | {\"id\": 7} | false",
        "{tombstone: /gone_at} | {\"id\": 7, \"gone_at\": \"2026\"} | true",
        "{tombstone: /gone_at} | {\"id\": 7, \"gone_at\": null} | false",
        "{tombstone: /gone_at} | {\"id\": 7, \"gone_at\": \"\"} | false",
      })
  void deletedRecordNeedsItsKeyOnly(String deletes, String record, boolean deleted)
      throws Exception {
    Mapped mapped = map(TestFeeds.PRODUCTS + "    deletes: " + deletes + "\n", record);
    if (deleted) {
      assertThat(mapped).isEqualTo(new Mapped.Delete("7", null));
    } else {
      assertThat(mapped).isInstanceOf(Mapped.Malformed.class);
    }
  }

  @Test
  void generatedVersionIsNoPartOfTheContent() throws Exception {
    String mapping =
        TestFeeds.PRODUCTS
            .replace("version: /version", "version: {generated: read-time}")
            .replace("updated_at: /version", "updated_at: {generated: read-time}");
    RecordMapper mapper = RecordMapper.of(TestFeeds.of(directory, mapping + SOURCE));
    SourceRecord record = SourceRecord.of(JSON.readTree(GOOD));
    Mapped.Put one = (Mapped.Put) mapper.map(record, 1);
    Mapped.Put two = (Mapped.Put) mapper.map(record, 2);
    assertThat(two.version()).isEqualTo(2);
    assertThat(two.content()).isEqualTo(one.content());
    assertThat(mapper.published(one.value()).content()).isEqualTo(one.content());
    assertThat(mapper.published("{}".getBytes(UTF_8))).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "stock: /stock | stok: /stock | no field stok",
        "stock: /stock | '' | lacks stock",
        "version: /version | 'version: {constant: 1}' | hide every change",
        "product_id: /id | 'product_id: {constant: a}' | constant key",
        "name: /name | 'name: {at: /name, as: integer}' | is a text",
        "stock: /stock | 'stock: {at: /stock, as: text}' | is an integer",
        "stock: /stock | 'stock: {constant: many}' | must be an integer",
        "name: /name | 'name: {generated: read-time}' | only a number",
        "stock: /stock | 'stock: {}' | needs one of",
        "stock: /stock | 'stock: {constant: 1, default: 2}' | need 'at'",
      })
  void wrongMappingIsNamedBeforeAnythingRuns(String right, String wrong, String what) {
    assertThatThrownBy(
            () ->
                RecordMapper.of(
                    TestFeeds.of(directory, TestFeeds.PRODUCTS.replace(right, wrong) + SOURCE)))
        .isInstanceOf(FeedFileException.class)
        .hasMessageContaining("/feeds/shop/mapping")
        .hasMessageContaining(what);
  }

  @Test
  void customersHaveTheirOwnFields() throws Exception {
    Mapped mapped =
        map(
            """
                into: customers
                mapping:
                  customer_id: /id
                  name: /name
                  segment: {constant: consumer}
                  country: {at: /country, as: upper-case}
                  version: {at: /changed, as: iso-time}
                  updated_at: {at: /changed, as: iso-time}
            """,
            """
            {"id": "c-1", "name": "Ada", "country": "gb", "changed": "1970-01-01T00:00:01Z"}""");
    assertThat(value(mapped))
        .isEqualTo(
            """
            {"customer_id":"c-1","name":"Ada","segment":"consumer","country":"GB",\
            "version":1000,"updated_at":1000}""");
  }

  private static final String TARIFFS =
      """
          into: {reference: tariff, keyed_by: product}
          mapping:
            product_id: /sku
            version: {at: /changed, as: iso-time}
            currency: /cur
            fee: {at: /fee, as: minor-units}
            code: {at: /code, as: upper-case}
            bands: /bands
            active: {at: /active, as: boolean}
            seen: {generated: read-time}
            origin: {constant: erp}
      """;

  @Test
  void namedReferenceHasTheFieldsOfItsMapping() throws Exception {
    Mapped mapped =
        map(
            TARIFFS,
            """
            {"sku": "p-1", "changed": "1970-01-01T00:00:01Z", "cur": "EUR", "fee": "1.50",
             "code": "ab", "bands": [{"to": 10, "rate": 0.5}], "active": "yes"}""");
    assertThat(value(mapped))
        .isEqualTo(
            """
            {"active":true,"bands":[{"rate":0.5,"to":10}],"code":"AB","currency":"EUR","fee":150,\
            "origin":"erp","product_id":"p-1","seen":1000,"version":1000}""");
    assertThat(((Mapped.Put) mapped).key()).isEqualTo("p-1");
  }

  @Test
  void recordOfANamedReferenceIsKnownAgainWhateverTheOrderOfItsFields() throws Exception {
    String record =
        """
        {"sku": "p-1", "changed": "1970-01-01T00:00:01Z", "cur": "EUR", "fee": 1, "code": "ab",
         "bands": {"a": 1, "b": {"c": 2.50, "d": 3}}, "active": true}""";
    Mapped.Put first = (Mapped.Put) map(TARIFFS, record);
    Mapped.Put second =
        (Mapped.Put)
            map(
                TARIFFS,
                record.replace(
                    "{\"a\": 1, \"b\": {\"c\": 2.50, \"d\": 3}}",
                    "{\"b\": {\"d\": 3, \"c\": 2.5}, \"a\": 1}"));
    assertThat(second.content()).isEqualTo(first.content());
    RecordMapper mapper = RecordMapper.of(TestFeeds.of(directory, TARIFFS + SOURCE));
    assertThat(mapper.published(first.value()).content()).isEqualTo(first.content());
  }

  @Test
  void recordThatIsTooLongForAReferenceIsMalformed() throws Exception {
    Mapped mapped =
        map(
            TARIFFS,
            """
            {"sku": "p-1", "changed": "1970-01-01T00:00:01Z", "cur": "EUR", "fee": 1, "code": "ab",
             "bands": "%s", "active": true}"""
                .formatted("x".repeat(9_000)));
    assertThat(mapped)
        .isInstanceOfSatisfying(
            Mapped.Malformed.class,
            malformed -> {
              assertThat(malformed.reason()).isEqualTo(Mapped.Reason.CONTRACT);
              assertThat(malformed.detail()).contains("the limit is 8192");
            });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "product_id: /sku | customer_id: /sku | lacks product_id",
        "currency: /cur | valuta: /cur | has no currency",
        "keyed_by: product | keyed_by: basket | /feeds/shop/into/keyed_by",
        "reference: tariff, | ''| reference",
      })
  void wrongNamedReferenceIsRefused(String right, String wrong, String what) {
    assertThatThrownBy(
            () -> RecordMapper.of(TestFeeds.of(directory, TARIFFS.replace(right, wrong) + SOURCE)))
        .isInstanceOf(FeedFileException.class)
        .hasMessageContaining(what);
  }
}
