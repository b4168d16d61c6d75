package io.turnstile.decision.token;

/** Text of somebody else within a message. */
final class Quoted {

  private static final int MAX_LENGTH = 100;

  private Quoted() {}

  /** The text in quotation marks: bounded, on one line, nothing that a terminal obeys. */
  static String of(Object value) {
    String text = value.toString();
    StringBuilder quoted = new StringBuilder("'");
    text.codePoints()
        .limit(MAX_LENGTH)
        .map(c -> isPrintable(c) ? c : '?')
        .forEach(quoted::appendCodePoint);
    return quoted.append(text.length() > MAX_LENGTH ? "…'" : "'").toString();
  }

  private static boolean isPrintable(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.UNASSIGNED ->
          false;
      default -> true;
    };
  }
}
