package io.turnstile.helm.kubernetes;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * The external metrics API, as small as the autoscaler's controller takes it: the value of a metric
 * is the content of a file of that name. Runs in a pod, with nothing but Java.
 */
final class MetricsApi {

  static final int PORT = 8443;
  static final String PASSWORD = "changeit";

  private static final String ROOT = "/apis/external.metrics.k8s.io/v1beta1";

  private final Path values;

  private MetricsApi(Path values) {
    this.values = values;
  }

  /**
   * Serves until the process ends.
   *
   * @param arguments a key store, and the directory of the values
   */
  public static void main(String[] arguments) throws Exception {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream file = Files.newInputStream(Path.of(arguments[0]))) {
      keys.load(file, PASSWORD.toCharArray());
    }
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, PASSWORD.toCharArray());
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(managers.getKeyManagers(), null, null);
    HttpsServer server = HttpsServer.create(new InetSocketAddress(PORT), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(tls));
    server.createContext("/", new MetricsApi(Path.of(arguments[1]))::answer);
    server.start();
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    String name = path.substring(path.lastIndexOf('/') + 1);
    if (path.equals(ROOT)) {
      send(
          exchange,
          200,
          "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":\"external.metrics.k8s.io/v1beta1\",\"resources\":[]}");
    } else if (path.startsWith(ROOT) && Files.exists(values.resolve(name))) {
      send(
          exchange,
          200,
          """
          {"kind":"ExternalMetricValueList","apiVersion":"external.metrics.k8s.io/v1beta1","metadata":{},
          "items":[{"metricName":"%s","metricLabels":{},"timestamp":"%s","value":"%s"}]}
          """
              .formatted(
                  name,
                  Instant.now().truncatedTo(ChronoUnit.SECONDS),
                  Files.readString(values.resolve(name)).strip()));
    } else {
      send(
          exchange,
          404,
          "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"reason\":\"NotFound\",\"code\":404}");
    }
  }

  private static void send(HttpExchange exchange, int status, String json) throws IOException {
    byte[] body = json.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }
}
