package io.turnstile.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.JWK;
import io.turnstile.clients.CheckFailedException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;
import java.time.Duration;
import java.util.zip.GZIPInputStream;

/**
 * A JWKS, read as the job reads it: gzip is unpacked, a byte order mark and odd keys do not matter,
 * redirects are not followed.
 */
final class PublishedKeys {

  private static final int MAX_BYTES = 1 << 20;
  private static final ObjectMapper JSON = new ObjectMapper();

  private PublishedKeys() {}

  /**
   * Checks that the job will find a key: by its id, if it has one.
   *
   * @param jwks a file or a URL
   * @param timeout for connecting and for each part of the answer
   * @throws CheckFailedException if it is not there
   * @throws IOException if the JWKS cannot be read
   */
  static void requireHolds(String jwks, JWK key, Duration timeout) throws IOException {
    JsonNode keys = JSON.readTree(read(jwks, timeout)).path("keys");
    if (!keys.isArray()) {
      throw new CheckFailedException("it is not a JWKS");
    }
    boolean sameId = false;
    for (JsonNode each : keys) {
      if (key.getKeyID() == null || key.getKeyID().equals(each.path("kid").textValue())) {
        sameId = true;
        if (isSame(each, key)) {
          return;
        }
      }
    }
    throw new CheckFailedException(
        "the JWKS has "
            + (sameId && key.getKeyID() != null ? "another" : "no")
            + " key "
            + (key.getKeyID() == null ? "like it" : key.getKeyID()));
  }

  private static boolean isSame(JsonNode published, JWK key) {
    try {
      return JWK.parse(published.toString()).computeThumbprint().equals(key.computeThumbprint());
    } catch (ParseException | JOSEException e) {
      // The job leaves it out, too.
      return false;
    }
  }

  private static byte[] read(String jwks, Duration timeout) throws IOException {
    byte[] bytes;
    try (InputStream in = open(jwks, timeout)) {
      bytes = readBounded(in);
    }
    if (bytes.length > 1 && bytes[0] == 0x1f && bytes[1] == (byte) 0x8b) {
      bytes = readBounded(new GZIPInputStream(new ByteArrayInputStream(bytes)));
    }
    return bytes;
  }

  private static byte[] readBounded(InputStream in) throws IOException {
    byte[] bytes = in.readNBytes(MAX_BYTES + 1);
    if (bytes.length > MAX_BYTES) {
      throw new IOException("the JWKS is larger than " + MAX_BYTES + " bytes, the limit");
    }
    return bytes;
  }

  private static InputStream open(String jwks, Duration timeout) throws IOException {
    if (!jwks.matches("https?://.*")) {
      return Files.newInputStream(Path.of(jwks));
    }
    HttpURLConnection connection = (HttpURLConnection) new URL(jwks).openConnection();
    connection.setInstanceFollowRedirects(false);
    connection.setConnectTimeout((int) timeout.toMillis());
    connection.setReadTimeout((int) timeout.toMillis());
    if (connection.getResponseCode() / 100 != 2) {
      String target = connection.getHeaderField("Location");
      throw new CheckFailedException(
          "the answer is HTTP "
              + connection.getResponseCode()
              + (target == null ? "" : ", give its new address: " + target));
    }
    return connection.getInputStream();
  }
}
