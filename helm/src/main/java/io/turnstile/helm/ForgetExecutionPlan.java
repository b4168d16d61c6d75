package io.turnstile.helm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * Removes the execution plans that Flink's Kubernetes high availability stored, and leaves the
 * pointers to checkpoints alone.
 *
 * <p>A JobManager that finds a stored plan runs that, whatever its own image and options are: an
 * upgrade would continue with the job of the previous release. Without one it makes the job anew,
 * under the same id, and restores the newest checkpoint. Runs before a JobManager starts; a
 * JobManager that is running does not notice. Then deletes the files of old plans, which nothing
 * points to any more.
 */
public final class ForgetExecutionPlan {

  /** Of {@code org.apache.flink.kubernetes.utils.Constants}. */
  private static final String PLAN_PREFIX = "executionPlan-";

  private static final Path SERVICE_ACCOUNT =
      Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

  /** Another JobManager of this release may be storing one right now. */
  private static final Duration PLAN_AGE = Duration.ofHours(1);

  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final URI api;
  private final HttpClient client;
  private final String token;

  /**
   * @param api the Kubernetes API server
   * @param token a service account's
   */
  ForgetExecutionPlan(URI api, HttpClient client, String token) {
    this.api = api;
    this.client = client;
    this.token = token;
  }

  /**
   * Runs in a pod, with its service account.
   *
   * @param args namespace, config map and the directory of high availability
   */
  public static void main(String[] args) throws InterruptedException {
    if (args.length != 3) {
      System.err.println("usage: forget-execution-plan NAMESPACE CONFIG_MAP DIRECTORY");
      System.exit(2);
    }
    try {
      List<String> forgotten = inPod(System.getenv()).forget(args[0], args[1]);
      System.out.println(
          forgotten.isEmpty()
              ? "no stored execution plan in " + args[1]
              : "removed from " + args[1] + ": " + String.join(", ", forgotten));
    } catch (IOException | GeneralSecurityException e) {
      System.err.println("forget-execution-plan: " + e.getMessage());
      System.exit(1);
    }
    deleteOldPlans(args[2]);
  }

  /** They are in nobody's way: a job must not stay away for them. */
  private static void deleteOldPlans(String directory) {
    try {
      StoredPlans.initializeFileSystems();
      int deleted = StoredPlans.deleteOlderThan(PLAN_AGE, directory);
      System.out.println("execution plans deleted in " + directory + ": " + deleted);
    } catch (IOException | RuntimeException e) {
      System.err.println("forget-execution-plan: old plans stay in " + directory + ": " + e);
    }
  }

  private static ForgetExecutionPlan inPod(Map<String, String> environment)
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
    return new ForgetExecutionPlan(api, client, token);
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

  /**
   * Removes all of them from a config map.
   *
   * @return the keys removed; none if there is no such config map
   * @throws IOException if the API server cannot be reached or refuses
   */
  List<String> forget(String namespace, String configMap) throws IOException, InterruptedException {
    URI uri = api.resolve("/api/v1/namespaces/" + namespace + "/configmaps/" + configMap);
    HttpResponse<String> found = send(HttpRequest.newBuilder(uri).GET());
    if (found.statusCode() == 404) {
      return List.of();
    }
    require(found, "reading " + configMap);
    List<String> plans = new ArrayList<>();
    ObjectNode patch = JSON.createObjectNode();
    JsonNode data = JSON.readTree(found.body()).path("data");
    data.fieldNames()
        .forEachRemaining(
            key -> {
              if (key.startsWith(PLAN_PREFIX)) {
                plans.add(key);
                patch.withObject("/data").putNull(key);
              }
            });
    if (!plans.isEmpty()) {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(uri)
              .header("Content-Type", "application/merge-patch+json")
              .method("PATCH", BodyPublishers.ofString(patch.toString()));
      require(send(request), "changing " + configMap);
    }
    return plans;
  }

  private HttpResponse<String> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    try {
      return client.send(
          request.header("Authorization", "Bearer " + token).timeout(TIMEOUT).build(),
          BodyHandlers.ofString());
    } catch (IOException e) {
      throw new IOException(
          "the Kubernetes API at "
              + api
              + " does not answer (does networkPolicy.httpsPorts have its port?): "
              + e,
          e);
    }
  }

  private static void require(HttpResponse<String> response, String what) throws IOException {
    if (response.statusCode() != 200) {
      throw new IOException(
          what + ": the Kubernetes API says " + response.statusCode() + " " + response.body());
    }
  }
}
