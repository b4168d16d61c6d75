package io.turnstile.systemtests.fuzz;

import static io.turnstile.systemtests.fuzz.Model.demand;
import static io.turnstile.systemtests.fuzz.Model.demandOneLine;

import io.turnstile.clients.ClientProperties;
import java.io.IOException;
import java.util.Map;

/** A file of Kafka client properties. */
public final class PropertiesTarget {

  private PropertiesTarget() {}

  /** A file is read as its text says, with or without a byte order mark, or refused in one line. */
  public static void fuzzerTestOneInput(byte[] file) throws IOException {
    Map<String, String> properties;
    try {
      properties = ClientProperties.read(ScratchFile.of(file, 0));
    } catch (IOException e) {
      demandOneLine(e.getMessage());
      return;
    }
    byte[] marked = new byte[file.length + 3];
    System.arraycopy(new byte[] {(byte) 0xef, (byte) 0xbb, (byte) 0xbf}, 0, marked, 0, 3);
    System.arraycopy(file, 0, marked, 3, file.length);
    boolean ownMark = file.length > 1 && (file[0] & 0xfe) == 0xfe && (file[1] & 0xfe) == 0xfe;
    boolean utf8Mark = file.length > 2 && file[0] == marked[0] && file[1] == marked[1];
    demand(
        ownMark || utf8Mark || ClientProperties.read(ScratchFile.of(marked, 0)).equals(properties),
        () -> "a mark changes nothing");
  }
}
