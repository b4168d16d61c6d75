package io.turnstile.feeds.config;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.deser.std.StdDelegatingDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.databind.util.StdConverter;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.turnstile.clients.Durations;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Reads files of feeds: YAML, as {@code feeds.schema.json} says. */
public final class FeedFile {

  private static final String SCHEMA = "classpath:io/turnstile/feeds/config/feeds.schema.json";

  /** What the records of a feed depend on. */
  private static final List<String> DECISIVE =
      List.of("into", "http-pages", "csv", "topic", "jdbc", "mapping", "deletes");

  private static final List<String> KINDS = List.of("http-pages", "csv", "topic", "jdbc");

  private static final List<String> INDECISIVE_OF_SOURCE =
      List.of(
          "auth",
          "connect_timeout",
          "read_timeout",
          "max_page_bytes",
          "user",
          "password_file",
          "timeout",
          "client_properties",
          "page_size");

  private static final int FINGERPRINT_CHARS = 16;

  private static final ObjectMapper YAML =
      YAMLMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private static final ObjectMapper RECORDS =
      JsonMapper.builder()
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .addModule(
              new SimpleModule()
                  .addDeserializer(
                      Duration.class, new StdDelegatingDeserializer<>(new DurationText()))
                  .addDeserializer(
                      JsonPointer.class, new StdDelegatingDeserializer<>(new PointerText())))
          .build();

  private FeedFile() {}

  /**
   * Reads a file.
   *
   * @return its feeds, in its order
   * @throws FeedFileException if it cannot be read or says what it must not
   */
  public static List<Feed> read(Path file) throws FeedFileException {
    JsonNode tree = tree(file);
    List<Error> errors = schema().validate(tree);
    if (!errors.isEmpty()) {
      throw new FeedFileException(
          file
              + ": "
              + errors.stream()
                  .map(error -> place(error) + error.getMessage())
                  .distinct()
                  .collect(Collectors.joining("; ")),
          null);
    }
    List<Feed> feeds = new ArrayList<>();
    for (Map.Entry<String, JsonNode> each : tree.get("feeds").properties()) {
      feeds.add(feed(file, each.getKey(), (ObjectNode) each.getValue()));
    }
    return feeds;
  }

  private static JsonNode tree(Path file) throws FeedFileException {
    try {
      return YAML.readTree(Files.readString(file));
    } catch (JsonProcessingException e) {
      String what = e.getOriginalMessage().lines().findFirst().orElse("no YAML");
      int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
      throw new FeedFileException("%s: line %d: %s".formatted(file, line, what), e);
    } catch (IOException e) {
      throw new FeedFileException(file + " cannot be read: " + e, e);
    }
  }

  private static Schema schema() {
    return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
        .getSchema(SchemaLocation.of(SCHEMA));
  }

  private static String place(Error error) {
    String place = error.getInstanceLocation().toString();
    return place.isEmpty() ? "" : place + ": ";
  }

  private static Feed feed(Path file, String name, ObjectNode node) throws FeedFileException {
    ObjectNode mapping = (ObjectNode) node.get("mapping");
    for (Map.Entry<String, JsonNode> field : List.copyOf(mapping.properties())) {
      if (field.getValue() instanceof TextNode pointer) {
        mapping.putObject(field.getKey()).set("at", pointer);
      }
    }
    try {
      return new Feed(name, RECORDS.treeToValue(node, FeedConfig.class), fingerprint(node));
    } catch (JsonProcessingException e) {
      String place =
          e instanceof JsonMappingException mappingProblem
              ? mappingProblem.getPath().stream()
                  .map(at -> "/" + at.getFieldName())
                  .collect(Collectors.joining())
              : "";
      String what =
          e.getCause() instanceof IllegalArgumentException
              ? e.getCause().getMessage()
              : e.getOriginalMessage().lines().findFirst().orElse("");
      throw new FeedFileException("%s: /feeds/%s%s: %s".formatted(file, name, place, what), e);
    }
  }

  private static String fingerprint(ObjectNode node) {
    ObjectNode decisive = node.deepCopy().retain(DECISIVE);
    for (String kind : KINDS) {
      if (decisive.get(kind) instanceof ObjectNode source) {
        source.remove(INDECISIVE_OF_SOURCE);
      }
    }
    try {
      // As a map, for the order of its keys says nothing.
      String text = RECORDS.writeValueAsString(RECORDS.treeToValue(decisive, Map.class));
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash).substring(0, FINGERPRINT_CHARS);
    } catch (JsonProcessingException | NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256, and what was JSON is JSON", e);
    }
  }

  /** Reads durations as all of the project's options have them. */
  private static final class DurationText extends StdConverter<String, Duration> {
    @Override
    public Duration convert(String text) {
      return Durations.parse(text);
    }
  }

  private static final class PointerText extends StdConverter<String, JsonPointer> {
    @Override
    public JsonPointer convert(String text) {
      return JsonPointer.compile(text);
    }
  }
}
