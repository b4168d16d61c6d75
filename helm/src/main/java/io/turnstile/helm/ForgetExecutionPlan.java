package io.turnstile.helm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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

  /** Another JobManager of this release may be storing one right now. */
  private static final Duration PLAN_AGE = Duration.ofHours(1);

  private static final ObjectMapper JSON = new ObjectMapper();

  private final KubernetesApi api;

  ForgetExecutionPlan(KubernetesApi api) {
    this.api = api;
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
      List<String> forgotten =
          new ForgetExecutionPlan(KubernetesApi.inPod(System.getenv())).forget(args[0], args[1]);
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

  /**
   * Removes all of them from a config map.
   *
   * @return the keys removed; none if there is no such config map
   * @throws IOException if the API server cannot be reached or refuses
   */
  List<String> forget(String namespace, String configMap) throws IOException, InterruptedException {
    String path = "/api/v1/namespaces/" + namespace + "/configmaps/" + configMap;
    Optional<JsonNode> found = api.get(path);
    if (found.isEmpty()) {
      return List.of();
    }
    List<String> plans = new ArrayList<>();
    ObjectNode patch = JSON.createObjectNode();
    JsonNode data = found.get().path("data");
    data.fieldNames()
        .forEachRemaining(
            key -> {
              if (key.startsWith(PLAN_PREFIX)) {
                plans.add(key);
                patch.withObject("/data").putNull(key);
              }
            });
    if (!plans.isEmpty()) {
      api.patch(path, patch);
    }
    return plans;
  }
}
