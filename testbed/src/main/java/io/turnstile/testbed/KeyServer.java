package io.turnstile.testbed;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/**
 * Serves a JWKS over HTTP on the loopback interface, in this process, and can be away. Thread-safe.
 */
public final class KeyServer implements AutoCloseable {

  private final Path jwks;
  private final HttpServer server;
  private final URI uri;

  /** Counted down while it answers. */
  private volatile CountDownLatch answers = new CountDownLatch(0);

  /**
   * Starts it.
   *
   * @param jwks file that is read for each answer
   */
  public KeyServer(Path jwks) {
    this.jwks = jwks;
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    uri = URI.create("http://127.0.0.1:%d/jwks.json".formatted(server.getAddress().getPort()));
    server.createContext("/jwks.json", this::answer);
    server.start();
  }

  /** Where the JWKS is. */
  public URI uri() {
    return uri;
  }

  /**
   * Takes connections and answers none until {@link #resume}: a server that hangs costs its clients
   * more time than one that is gone.
   */
  public synchronized void pause() {
    if (answers.getCount() == 0) {
      answers = new CountDownLatch(1);
    }
  }

  /** Answers again, also those who still wait. */
  public synchronized void resume() {
    answers.countDown();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      answers.await();
      byte[] body = Files.readAllBytes(jwks);
      exchange.sendResponseHeaders(HttpURLConnection.HTTP_OK, body.length);
      exchange.getResponseBody().write(body);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    resume();
    server.stop(0);
  }
}
