package io.turnstile.systemtests.storage;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * A proxy between the clients of an S3 server and the server, which can be slow, silent, or refuse.
 * Requests arrive as they were signed. Thread-safe.
 */
final class S3Gate implements AutoCloseable {

  private static final Duration FOR_EVER = Duration.ofDays(1);

  /**
   * What a request meets.
   *
   * @param delay before anything else happens; it ends sooner when the mode changes
   * @param status of the answer, 0 to let it through
   * @param code by which S3 names the reason
   */
  private record Mode(Duration delay, int status, String code) {}

  private final HttpServer listener;
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "s3-gate");
            thread.setDaemon(true);
            return thread;
          });

  private volatile int server;

  /** Guarded by this, as is all that follows. */
  private Mode mode = new Mode(Duration.ZERO, 0, "");

  private int met;
  private boolean closed;

  /** Takes a port; clients wait there until the gate is opened. */
  S3Gate() {
    try {
      listener = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    listener.setExecutor(threads);
    listener.createContext("/", this::handle);
  }

  /** What clients have to take for the server. */
  String endpoint() {
    return "http://127.0.0.1:" + listener.getAddress().getPort();
  }

  void openTo(int port) {
    server = port;
    listener.start();
  }

  /** Lets all requests through at once, also those that wait. */
  void pass() {
    set(new Mode(Duration.ZERO, 0, ""));
  }

  /** Lets each request through after that time. */
  void delay(Duration delay) {
    set(new Mode(delay, 0, ""));
  }

  /** Keeps requests waiting. */
  void hold() {
    set(new Mode(FOR_EVER, 0, ""));
  }

  /**
   * Answers instead of the server.
   *
   * @param code one of S3's, as {@code SlowDown}
   */
  void refuse(int status, String code) {
    set(new Mode(Duration.ZERO, status, code));
  }

  private synchronized void set(Mode next) {
    mode = next;
    met = 0;
    notifyAll();
  }

  /** The number of requests since it was told last what to do. */
  synchronized int met() {
    return met;
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      Mode mine = awaitTurn();
      if (mine.status() == 0) {
        forward(exchange, body);
      } else {
        refuse(exchange, mine);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized Mode awaitTurn() throws InterruptedException {
    met++;
    Mode mine = mode;
    long end = System.nanoTime() + mine.delay().toNanos();
    for (long left = mine.delay().toNanos();
        left > 0 && mode.equals(mine) && !closed;
        left = end - System.nanoTime()) {
      wait(TimeUnit.NANOSECONDS.toMillis(left) + 1);
    }
    return mine;
  }

  private static void refuse(HttpExchange exchange, Mode mode) throws IOException {
    byte[] text =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>As told.</Message></Error>"
            .formatted(mode.code())
            .getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/xml");
    boolean head = isHead(exchange);
    exchange.sendResponseHeaders(mode.status(), head ? -1 : text.length);
    if (!head) {
      exchange.getResponseBody().write(text);
    }
  }

  private static boolean isHead(HttpExchange exchange) {
    return exchange.getRequestMethod().equals("HEAD");
  }

  /** By HTTP/1.0: the end of the answer is that of the connection. */
  private void forward(HttpExchange exchange, byte[] body) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server)) {
      OutputStream out = new BufferedOutputStream(socket.getOutputStream());
      StringBuilder head = new StringBuilder();
      head.append(exchange.getRequestMethod())
          .append(' ')
          .append(exchange.getRequestURI())
          .append(" HTTP/1.0\r\n");
      for (Map.Entry<String, List<String>> header : exchange.getRequestHeaders().entrySet()) {
        if (isPassedOn(header.getKey())) {
          header
              .getValue()
              .forEach(
                  value -> head.append(header.getKey()).append(": ").append(value).append("\r\n"));
        }
      }
      out.write(head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
      out.write(body);
      out.flush();

      InputStream in = new BufferedInputStream(socket.getInputStream());
      int status = Integer.parseInt(line(in).split(" ", 3)[1]);
      Headers headers = exchange.getResponseHeaders();
      for (String line = line(in); !line.isEmpty(); line = line(in)) {
        int colon = line.indexOf(':');
        if (isPassedOn(line.substring(0, colon))) {
          headers.add(line.substring(0, colon), line.substring(colon + 1).strip());
        }
      }
      byte[] answer = in.readAllBytes();
      // To HEAD, the length is among the headers: that of what GET would answer.
      exchange.sendResponseHeaders(status, answer.length == 0 ? -1 : answer.length);
      if (answer.length > 0) {
        exchange.getResponseBody().write(answer);
      }
    }
  }

  /** Headers that are about one connection. */
  private static boolean isPassedOn(String header) {
    return !header.equalsIgnoreCase("Connection") && !header.equalsIgnoreCase("Expect");
  }

  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int read = in.read(); read != '\n'; read = in.read()) {
      if (read < 0) {
        throw new EOFException("the S3 server has closed the connection");
      }
      line.write(read);
    }
    return line.toString(StandardCharsets.ISO_8859_1).stripTrailing();
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    listener.stop(0);
    threads.shutdownNow();
  }
}
