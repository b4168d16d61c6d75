package io.turnstile.decision.token;

import com.nimbusds.jose.util.DefaultResourceRetriever;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/** Reads the text of a JWKS from where it is published. Thread-safe. */
interface JwksFetcher {

  /** The largest JWKS that is read. */
  int MAX_BYTES = 1 << 20;

  /** Where it is, for messages. */
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
   * @throws IllegalArgumentException if it is a URL but neither {@code https} nor {@code http} of a
   *     loopback host
   */
  static JwksFetcher of(String location) {
    return location.contains("://") ? new OfUrl(url(location)) : new OfFile(Path.of(location));
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
        byte[] bytes = in.readNBytes(MAX_BYTES + 1);
        if (bytes.length > MAX_BYTES) {
          throw new IOException("it is larger than " + MAX_BYTES + " bytes");
        }
        return new String(bytes, StandardCharsets.UTF_8);
      }
    }
  }

  /** A JWKS behind a URL; redirects are not followed: they may lead away from https. */
  record OfUrl(URL url) implements JwksFetcher {
    private static final int TIMEOUT_MILLIS = 2000;

    @Override
    public String location() {
      return url.toString();
    }

    @Override
    public String fetch() throws IOException {
      return new DirectRetriever().retrieveResource(url).getContent();
    }

    private static final class DirectRetriever extends DefaultResourceRetriever {
      DirectRetriever() {
        super(TIMEOUT_MILLIS, TIMEOUT_MILLIS, MAX_BYTES);
      }

      @Override
      protected HttpURLConnection openHTTPConnection(URL url) throws IOException {
        HttpURLConnection connection = super.openHTTPConnection(url);
        connection.setInstanceFollowRedirects(false);
        return connection;
      }
    }
  }
}
