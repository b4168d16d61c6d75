package io.turnstile.events;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.function.Predicate;

/**
 * JSON of others that verdicts repeat. Numbers keep their digits and fields their order; white
 * space goes. It is bounded so that whoever reads the verdict can: the job itself does, at every
 * take-over.
 */
final class RepeatedJson {

  /** A verdict adds two levels, and readers commonly stop at a thousand. */
  private static final int MAX_DEPTH = 100;

  /** Readers commonly refuse longer ones. */
  private static final int MAX_NUMBER_CHARS = 500;

  /** JSON that cannot be repeated; the message says why, and holds no part of it. */
  static final class UnfitException extends Exception {
    UnfitException(String message) {
      super(message);
    }
  }

  private RepeatedJson() {}

  /**
   * Repeats an object.
   *
   * @param text a JSON object that {@link RecordDecoder} has read
   * @param maxBytes of the result, in UTF-8
   */
  static String of(String text, int maxBytes) throws UnfitException {
    return of(text, name -> true, maxBytes);
  }

  /** The same for some of the object's fields. */
  static String of(String text, Predicate<String> wanted, int maxBytes) throws UnfitException {
    StringWriter result = new StringWriter();
    try (JsonParser parser = RecordDecoder.JSON.createParser(text);
        JsonGenerator json = RecordDecoder.JSON.createGenerator(result)) {
      parser.nextToken();
      json.writeStartObject();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        if (wanted.test(name)) {
          json.writeFieldName(name);
          copyValue(parser, json);
        } else {
          parser.skipChildren();
        }
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("reading again what was read before", e);
    }
    String copy = result.toString();
    int length = Utf8.length(copy);
    if (length == Integer.MAX_VALUE) {
      throw new UnfitException("has an escape that is no character");
    }
    if (length > maxBytes) {
      throw new UnfitException("is " + length + " bytes long, the limit is " + maxBytes);
    }
    return copy;
  }

  /** Of numbers the text: a double would not keep their digits. */
  private static void copyValue(JsonParser from, JsonGenerator to)
      throws IOException, UnfitException {
    int depth = 0;
    for (JsonToken token = from.currentToken(); ; token = from.nextToken()) {
      switch (token) {
        case START_OBJECT -> to.writeStartObject();
        case START_ARRAY -> to.writeStartArray();
        case END_OBJECT -> to.writeEndObject();
        case END_ARRAY -> to.writeEndArray();
        case FIELD_NAME -> to.writeFieldName(from.currentName());
        case VALUE_STRING -> to.writeString(from.getText());
        case VALUE_TRUE, VALUE_FALSE -> to.writeBoolean(token == JsonToken.VALUE_TRUE);
        case VALUE_NULL -> to.writeNull();
        default -> to.writeNumber(number(from.getText()));
      }
      if (token.isStructStart() && ++depth == MAX_DEPTH) {
        throw new UnfitException("is nested deeper than " + MAX_DEPTH + " levels");
      }
      depth -= token.isStructEnd() ? 1 : 0;
      if (depth == 0) {
        return;
      }
    }
  }

  private static String number(String text) throws UnfitException {
    if (text.length() > MAX_NUMBER_CHARS) {
      throw new UnfitException("has a number of more than " + MAX_NUMBER_CHARS + " characters");
    }
    return text;
  }
}
