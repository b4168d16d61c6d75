package io.turnstile.gateway.http;

import io.soabase.recordbuilder.core.RecordBuilder;
import java.time.Duration;

/**
 * Settings of the server.
 *
 * @param host address to listen at
 * @param port 0 for a free one
 * @param tls null for none
 * @param eventLoops threads that answer
 * @param maxConnections open at a time; more are closed at once
 * @param maxInFlight requests at a time; more are answered 503 at once
 * @param maxBodyMemory bytes of all bodies together; a body beyond is answered 503
 * @param maxHeaderBytes of the headers of one request in all
 * @param requestTimeout for the first head on a connection, and for each body
 * @param idleTimeout for the next head on a connection
 * @param answerTimeout when a request is answered at the latest, from its complete body on
 * @param drain how long everything goes on after the announcement of a stop
 */
@RecordBuilder
@RecordBuilder.Options(enableWither = false, enableGetters = false)
public record HttpSettings(
    String host,
    int port,
    Tls tls,
    int eventLoops,
    int maxConnections,
    int maxInFlight,
    long maxBodyMemory,
    int maxHeaderBytes,
    Duration requestTimeout,
    Duration idleTimeout,
    Duration answerTimeout,
    Duration drain) {

  /**
   * The server's identity.
   *
   * @param certificates PEM: the server's certificate, then those between it and its authority
   * @param key PEM: its private key, PKCS#8, not encrypted
   */
  public record Tls(String certificates, String key) {
    /** Never prints the key. */
    @Override
    public String toString() {
      return "Tls";
    }
  }
}
