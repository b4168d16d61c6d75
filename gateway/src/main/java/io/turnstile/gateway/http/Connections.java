package io.turnstile.gateway.http;

import io.vertx.core.http.HttpConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * The connections of one event loop, to be used on it only: bounds their number, and closes those
 * on which nothing is asked. A client that sends the head of a request byte by byte asks nothing.
 */
final class Connections {

  private static final class State {
    private int requests;
    private long idleSince;
    private boolean used;

    private State(long now) {
      idleSince = now;
    }
  }

  private final Map<HttpConnection, State> states = new HashMap<>();
  private final AtomicInteger open;
  private final int max;
  private final long firstRequestNanos;
  private final long idleNanos;
  private final LongSupplier nanoTime;

  /**
   * @param open counts connections of all event loops
   * @param max of them
   * @param firstRequest how soon after connecting the head of the first request must be there
   * @param idle how soon after an answer the head of the next one must be there
   */
  Connections(
      AtomicInteger open, int max, Duration firstRequest, Duration idle, LongSupplier nanoTime) {
    this.open = open;
    this.max = max;
    this.firstRequestNanos = firstRequest.toNanos();
    this.idleNanos = idle.toNanos();
    this.nanoTime = nanoTime;
  }

  void opened(HttpConnection connection) {
    int count = open.incrementAndGet();
    states.put(connection, new State(nanoTime.getAsLong()));
    connection.closeHandler(
        closed -> {
          open.decrementAndGet();
          states.remove(connection);
        });
    if (count > max) {
      connection.close();
    }
  }

  /** The head of a request is there. */
  void asked(HttpConnection connection) {
    State state = states.get(connection);
    if (state != null) {
      state.requests++;
      state.used = true;
    }
  }

  /** Its answer is written. */
  void answered(HttpConnection connection) {
    State state = states.get(connection);
    if (state != null) {
      state.requests--;
      state.idleSince = nanoTime.getAsLong();
    }
  }

  /** Closes those that have been idle for too long. */
  void sweep() {
    long now = nanoTime.getAsLong();
    List<HttpConnection> idle = new ArrayList<>();
    states.forEach(
        (connection, state) -> {
          if (state.requests == 0
              && now - state.idleSince > (state.used ? idleNanos : firstRequestNanos)) {
            idle.add(connection);
          }
        });
    idle.forEach(HttpConnection::close);
  }
}
