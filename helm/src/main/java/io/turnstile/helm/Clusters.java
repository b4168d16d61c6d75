package io.turnstile.helm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The Flink clusters of a release, one of each revision that is left, as objects of Kubernetes. All
 * of a cluster have its name as a label, but for the config maps that Flink itself makes.
 */
final class Clusters {

  /** The label with a cluster's name. */
  static final String LABEL = "turnstile/cluster";

  private static final String INSTANCE = "app.kubernetes.io/instance";
  private static final String CORE = "/api/v1";
  private static final String APPS = "/apis/apps/v1";
  private static final String BATCH = "/apis/batch/v1";
  private static final String RBAC = "/apis/rbac.authorization.k8s.io/v1";

  /** More than the grace that pods have. */
  private static final Duration PODS_END = Duration.ofMinutes(2);

  /** A container that has ended so often does not do so for a passing reason. */
  private static final int RESTARTS = 3;

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * What a cluster's job is started with; the JobManager's container reads it.
   *
   * @param argument of Flink, which says what to restore
   */
  record Start(long generation, String argument) {}

  private final KubernetesApi api;
  private final String namespace;
  private final String release;
  private final Pattern names;
  private final Duration interval;

  /**
   * @param name what the names of all clusters of the release begin with
   * @param interval between two looks at what takes time
   */
  Clusters(KubernetesApi api, String namespace, String release, String name, Duration interval) {
    this.api = api;
    this.namespace = namespace;
    this.release = release;
    names = Pattern.compile(Pattern.quote(name) + "-r\\d+");
    this.interval = interval;
  }

  /** The names of all of which something is left. */
  Set<String> all() throws IOException, InterruptedException {
    Set<String> all = new TreeSet<>();
    for (String collection : List.of(path(APPS, "deployments"), path(CORE, "configmaps"))) {
      for (JsonNode object : api.list(collection, labels(""))) {
        String cluster = cluster(object);
        if (names.matcher(cluster).matches()) {
          all.add(cluster);
        }
      }
    }
    return all;
  }

  Set<String> allBut(String cluster) throws IOException, InterruptedException {
    Set<String> others = new TreeSet<>(all());
    others.remove(cluster);
    return others;
  }

  private static String cluster(JsonNode object) {
    return object.path("metadata").path("labels").path(LABEL).asText();
  }

  boolean isThere(String cluster) throws IOException, InterruptedException {
    return !api.list(path(APPS, "deployments"), labels("=" + cluster)).isEmpty();
  }

  /** What is found out for a cluster's job; empty before that. */
  Optional<Start> start(String cluster) throws IOException, InterruptedException {
    return api.get(path(CORE, "configmaps") + "/" + cluster + "-start")
        .map(
            found ->
                new Start(
                    found.at("/data/generation").asLong(), found.at("/data/argument").asText()));
  }

  /** Keeps it for all JobManagers of the cluster; what is there already stays. */
  void setStart(String cluster, Start start) throws IOException, InterruptedException {
    ObjectNode configMap = JSON.createObjectNode().put("apiVersion", "v1").put("kind", "ConfigMap");
    ObjectNode metadata = configMap.putObject("metadata").put("name", cluster + "-start");
    metadata.putObject("labels").put(INSTANCE, release).put(LABEL, cluster);
    configMap
        .putObject("data")
        .put("generation", Long.toString(start.generation()))
        .put("argument", start.argument());
    api.create(path(CORE, "configmaps"), configMap);
  }

  void removeStart(String cluster) throws IOException, InterruptedException {
    api.delete(path(CORE, "configmaps") + "/" + cluster + "-start");
  }

  /** The pods of a component of a cluster. */
  private List<JsonNode> pods(String cluster, String component)
      throws IOException, InterruptedException {
    return api.list(
        path(CORE, "pods"), labels("=" + cluster) + ",app.kubernetes.io/component=" + component);
  }

  /** Whether a JobManager has a node. */
  boolean isPlaced(String cluster) throws IOException, InterruptedException {
    return pods(cluster, "jobmanager").stream().anyMatch(Clusters::isPlaced);
  }

  /** The number of TaskManagers that have one. */
  long placedTaskManagers(String cluster) throws IOException, InterruptedException {
    return pods(cluster, "taskmanager").stream().filter(Clusters::isPlaced).count();
  }

  private static boolean isPlaced(JsonNode pod) {
    return pod.at("/status/conditions")
        .valueStream()
        .anyMatch(
            each ->
                each.path("type").asText().equals("PodScheduled")
                    && each.path("status").asText().equals("True"));
  }

  /** Why a pod of the cluster gets no node, or is not even made; empty if none has to wait. */
  Optional<String> whyNoRoom(String cluster) throws IOException, InterruptedException {
    List<JsonNode> objects = new ArrayList<>(api.list(path(CORE, "pods"), labels("=" + cluster)));
    objects.addAll(api.list(path(APPS, "deployments"), labels("=" + cluster)));
    return objects.stream()
        .flatMap(object -> object.at("/status/conditions").valueStream())
        .filter(
            each ->
                each.path("reason").asText().equals("Unschedulable")
                    // As with a quota that is used up.
                    || each.path("reason").asText().equals("FailedCreate"))
        .map(each -> each.path("message").asText())
        .findFirst();
  }

  /** Why a JobManager does not stay; empty if it does. */
  Optional<String> whyNotStarting(String cluster) throws IOException, InterruptedException {
    return pods(cluster, "jobmanager").stream()
        .flatMap(pod -> containers(pod).stream())
        .filter(container -> container.path("restartCount").asInt() >= RESTARTS)
        .map(
            container ->
                "%s has ended %d times:%n%s"
                    .formatted(
                        container.path("name").asText(),
                        container.path("restartCount").asInt(),
                        container.at("/lastState/terminated/message").asText()))
        .findFirst();
  }

  /** What the pods of the cluster wait for, for a person. */
  List<String> waiting(String cluster) throws IOException, InterruptedException {
    return api.list(path(CORE, "pods"), labels("=" + cluster)).stream()
        .flatMap(
            pod ->
                containers(pod).stream()
                    .map(container -> container.at("/state/waiting"))
                    .filter(JsonNode::isObject)
                    .map(
                        state ->
                            pod.at("/metadata/name").asText()
                                + ": "
                                + state.path("reason").asText()
                                + " "
                                + state.path("message").asText()))
        .toList();
  }

  private static List<JsonNode> containers(JsonNode pod) {
    List<JsonNode> all = new ArrayList<>();
    pod.at("/status/initContainerStatuses").forEach(all::add);
    pod.at("/status/containerStatuses").forEach(all::add);
    return all;
  }

  /** Ends upgrades to other clusters than this one. */
  void removeUpgradesExcept(String cluster) throws IOException, InterruptedException {
    for (JsonNode job : api.list(path(BATCH, "jobs"), labels(""))) {
      String of = cluster(job);
      if (names.matcher(of).matches() && !of.equals(cluster)) {
        api.delete(path(BATCH, "jobs") + "/" + job.at("/metadata/name").asText());
      }
    }
  }

  /** Ends all pods of the clusters; does not wait. */
  void stop(Collection<String> clusters) throws IOException, InterruptedException {
    delete(path(APPS, "deployments"), clusters);
  }

  /** Ends all pods of the clusters; returns when nothing of them runs any more. */
  void end(Collection<String> clusters) throws IOException, InterruptedException {
    if (clusters.isEmpty()) {
      return;
    }
    stop(clusters);
    String pods = path(CORE, "pods");
    long giveUpAt = System.nanoTime() + PODS_END.toNanos();
    while (!api.list(pods, labels(in(clusters))).isEmpty()) {
      if (System.nanoTime() > giveUpAt) {
        throw new IOException("pods do not end: of " + clusters);
      }
      Thread.sleep(interval.toMillis());
    }
  }

  /** Removes what is left of clusters that have ended, and that their pods needed to the end. */
  void remove(Collection<String> clusters) throws IOException, InterruptedException {
    if (clusters.isEmpty()) {
      return;
    }
    delete(path(RBAC, "rolebindings"), clusters);
    delete(path(RBAC, "roles"), clusters);
    delete(path(CORE, "services"), clusters);
    removeHighAvailability(clusters);
    // Last, because they are what makes all() know of a cluster.
    delete(path(CORE, "configmaps"), clusters);
  }

  /** Removes the config maps that Flink has made for clusters of these names. */
  void removeHighAvailability(Collection<String> clusters)
      throws IOException, InterruptedException {
    deleteAll(path(CORE, "configmaps"), "type=flink-native-kubernetes,app" + in(clusters));
  }

  private void delete(String collection, Collection<String> clusters)
      throws IOException, InterruptedException {
    if (!clusters.isEmpty()) {
      deleteAll(collection, labels(in(clusters)));
    }
  }

  private void deleteAll(String collection, String labelSelector)
      throws IOException, InterruptedException {
    for (JsonNode object : api.list(collection, labelSelector)) {
      api.delete(collection + "/" + object.at("/metadata/name").asText());
    }
  }

  private static String in(Collection<String> clusters) {
    return " in (" + String.join(",", clusters) + ")";
  }

  /**
   * @param condition for the label with the cluster's name; empty if it has only to be there
   */
  private String labels(String condition) {
    return INSTANCE + "=" + release + "," + LABEL + condition;
  }

  private String path(String group, String kind) {
    return group + "/namespaces/" + namespace + "/" + kind;
  }
}
