package io.turnstile.decision.token;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.zip.GZIPInputStream;

/** Reads the text of a JWKS from where it is published. Thread-safe. */
interface JwksFetcher {

  /** The largest JWKS that is read, also when it is unpacked. */
  int MAX_BYTES = 1 << 20;

  /** Location of the keys, for messages. */
  String location();

  /**
   * Reads it as it is now.
   *
   * @throws IOException if it cannot be read, also because it is too large or nobody answers in
   *     time
   */
  String fetch() throws IOException;

  /**
   * The fetcher for a file's path or a URL.
   *
   * @param connectTimeout for connecting to a URL
   * @param readTimeout for the whole answer after that
   * @throws IllegalArgumentException if it is a URL but neither {@code https} nor {@code http} of a
   *     loopback host
   */
  static JwksFetcher of(String location, Duration connectTimeout, Duration readTimeout) {
    return location.contains("://")
        ? new OfUrl(url(location), connectTimeout, readTimeout)
        : new OfFile(Path.of(location));
  }

  private static URL url(String location) {
    try {
      URL url = URI.create(location).toURL();
      boolean loopback = Set.of("localhost", "127.0.0.1", "[::1]").contains(url.getHost());
      if (url.getProtocol().equals("https") || (url.getProtocol().equals("http") && loopback)) {
        return url;
      }
    } catch (IOException | IllegalArgumentException e) {
      // The message below says it.
    }
    throw new IllegalArgumentException(
        "JWKS %s is neither a file's path nor an https URL (http is for localhost only)"
            .formatted(location));
  }

  /** A JWKS in a file. */
  record OfFile(Path path) implements JwksFetcher {
    @Override
    public String location() {
      return path.toString();
    }

    @Override
    public String fetch() throws IOException {
      try (InputStream in = Files.newInputStream(path)) {
        return Body.read(in, Long.MAX_VALUE);
      }
    }
  }

  /** A JWKS behind a URL; redirects are not followed: they may lead away from https. */
  record OfUrl(URL url, Duration connectTimeout, Duration readTimeout) implements JwksFetcher {
    @Override
    public String location() {
      return url.toString();
    }

    @Override
    public String fetch() throws IOException {
      HttpURLConnection connection = (HttpURLConnection) url.openConnection();
      connection.setInstanceFollowRedirects(false);
      connection.setUseCaches(false);
      connection.setConnectTimeout((int) connectTimeout.toMillis());
      connection.setReadTimeout((int) readTimeout.toMillis());
      connection.setRequestProperty("Accept", "application/jwk-set+json, application/json");
      try {
        connection.connect();
        long deadline = System.nanoTime() + readTimeout.toNanos();
        int status = connection.getResponseCode();
        if (status / 100 != 2) {
          String target = connection.getHeaderField("Location");
          throw new IOException(
              "the answer is HTTP "
                  + status
                  + (target == null ? "" : ", give its new address: " + Quoted.of(target)));
        }
        try (InputStream in = connection.getInputStream()) {
          return Body.read(in, deadline - System.nanoTime());
        }
      } finally {
        connection.disconnect();
      }
    }
  }

  /** Bytes to text, within bounds. */
  final class Body {
    private static final int BUFFER = 8 << 10;

    private Body() {}

    /** Unpacks gzip, which some servers send unasked, and drops a byte order mark. */
    static String read(InputStream in, long nanos) throws IOException {
      byte[] bytes = readBounded(in, nanos);
      if (bytes.length > 1 && bytes[0] == 0x1f && bytes[1] == (byte) 0x8b) {
        bytes = readBounded(new GZIPInputStream(new ByteArrayInputStream(bytes)), nanos);
      }
      String text = new String(bytes, StandardCharsets.UTF_8);
      return text.startsWith("\ufeff") ? text.substring(1) : text;
    }

    private static byte[] readBounded(InputStream in, long nanos) throws IOException {
      long start = System.nanoTime();
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      byte[] buffer = new byte[BUFFER];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        bytes.write(buffer, 0, n);
        if (bytes.size() > MAX_BYTES) {
          throw new IOException("it is larger than " + MAX_BYTES + " bytes, the limit");
        }
        if (System.nanoTime() - start > nanos) {
          throw new SocketTimeoutException("the answer takes longer than the read timeout");
        }
      }
      return bytes.toByteArray();
    }
  }
}
