package io.turnstile.helm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * The Kubernetes API with a service account's rights. Every method throws {@link IOException} if
 * the server cannot be reached or refuses.
 */
final class KubernetesApi {

  private static final Path SERVICE_ACCOUNT =
      Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final URI server;
  private final HttpClient client;
  private final String token;

  /**
   * @param token a service account's
   */
  KubernetesApi(URI server, HttpClient client, String token) {
    this.server = server;
    this.client = client;
    this.token = token;
  }

  /** With the service account of the pod that this runs in. */
  static KubernetesApi inPod(Map<String, String> environment)
      throws IOException, GeneralSecurityException {
    String host = environment.get("KUBERNETES_SERVICE_HOST");
    if (host == null) {
      throw new IOException("KUBERNETES_SERVICE_HOST is not set: this runs in a pod only");
    }
    String port = environment.getOrDefault("KUBERNETES_SERVICE_PORT", "443");
    URI api = URI.create("https://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port);
    HttpClient client =
        HttpClient.newBuilder()
            .sslContext(trusting(SERVICE_ACCOUNT.resolve("ca.crt")))
            // A proxy is for addresses outside of the cluster.
            .proxy(HttpClient.Builder.NO_PROXY)
            .build();
    String token = Files.readString(SERVICE_ACCOUNT.resolve("token")).strip();
    return new KubernetesApi(api, client, token);
  }

  private static SSLContext trusting(Path authorities)
      throws IOException, GeneralSecurityException {
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    for (Certificate authority : TrustStore.read(authorities)) {
      trusted.setCertificateEntry("authority-" + trusted.size(), authority);
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, factory.getTrustManagers(), null);
    return context;
  }

  /** An object; empty if there is none. */
  Optional<JsonNode> get(String path) throws IOException, InterruptedException {
    HttpResponse<String> answer = send("GET", path, request(path).GET());
    return answer.statusCode() == 404
        ? Optional.empty()
        : Optional.of(JSON.readTree(answer.body()));
  }

  /** The objects of a collection that have these labels. */
  List<JsonNode> list(String path, String labelSelector) throws IOException, InterruptedException {
    return get(path + "?labelSelector=" + URLEncoder.encode(labelSelector, StandardCharsets.UTF_8))
        .map(answer -> answer.path("items").valueStream().toList())
        .orElse(List.of());
  }

  /** Adds an object to a collection; false if one of its name is there already. */
  boolean create(String path, JsonNode object) throws IOException, InterruptedException {
    HttpRequest.Builder request =
        request(path)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(object.toString()));
    return send("POST", path, request).statusCode() != 409;
  }

  /** Merges a change into an object. */
  void patch(String path, JsonNode change) throws IOException, InterruptedException {
    HttpRequest.Builder request =
        request(path)
            .header("Content-Type", "application/merge-patch+json")
            .method("PATCH", BodyPublishers.ofString(change.toString()));
    if (send("PATCH", path, request).statusCode() == 404) {
      throw new IOException(path + " is gone");
    }
  }

  /** Deletes an object, if it is there, with what it owns. */
  void delete(String path) throws IOException, InterruptedException {
    // Without the policy, the pods of a Job would stay.
    send("DELETE", path, request(path + "?propagationPolicy=Background").DELETE());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(server.resolve(path))
        .header("Authorization", "Bearer " + token)
        .timeout(TIMEOUT);
  }

  private HttpResponse<String> send(String method, String path, HttpRequest.Builder request)
      throws IOException, InterruptedException {
    HttpResponse<String> answer;
    try {
      answer = client.send(request.build(), BodyHandlers.ofString());
    } catch (IOException e) {
      throw new IOException(
          "the Kubernetes API at "
              + server
              + " does not answer (does networkPolicy.httpsPorts have its port?): "
              + e,
          e);
    }
    int status = answer.statusCode();
    if (status / 100 != 2 && status != 404 && !(status == 409 && method.equals("POST"))) {
      throw new IOException(
          "%s %s: the Kubernetes API says %d %s".formatted(method, path, status, answer.body()));
    }
    return answer;
  }
}
