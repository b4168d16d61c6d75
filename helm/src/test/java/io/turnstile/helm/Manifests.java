package io.turnstile.helm;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.type.LogicalType;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.openshift.api.model.monitoring.v1.PodMonitor;
import io.fabric8.openshift.api.model.monitoring.v1.PrometheusRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Kubernetes objects, read as an API server would that refuses what it does not know. */
final class Manifests {

  /** By {@code apiVersion/kind}: a right kind in a wrong group is unknown too. */
  private static final Map<String, Class<? extends HasMetadata>> TYPES =
      Stream.of(
              ConfigMap.class,
              PersistentVolumeClaim.class,
              Pod.class,
              Service.class,
              ServiceAccount.class,
              Deployment.class,
              StatefulSet.class,
              HorizontalPodAutoscaler.class,
              Job.class,
              Ingress.class,
              NetworkPolicy.class,
              PodDisruptionBudget.class,
              Role.class,
              RoleBinding.class,
              PodMonitor.class,
              PrometheusRule.class)
          .collect(
              Collectors.toUnmodifiableMap(
                  type -> HasMetadata.getApiVersion(type) + "/" + HasMetadata.getKind(type),
                  type -> type));

  /** Kinds of operators, which the models do not know. */
  private static final Set<String> CUSTOM =
      Set.of("keda.sh/v1alpha1/ScaledObject", "flink.apache.org/v1beta1/FlinkDeployment");

  private static final YAMLMapper LENIENT = new YAMLMapper();

  private static final Pattern DOCUMENT_START = Pattern.compile("^---.*$", Pattern.MULTILINE);
  private static final YAMLMapper STRICT = strict();

  private final List<HasMetadata> all;

  private Manifests(List<HasMetadata> all) {
    this.all = all;
  }

  /**
   * Fields that are unknown go to a map in the models; without it they are refused like any other
   * unknown field. Kubernetes does not turn numbers into strings or strings into numbers either.
   */
  private static YAMLMapper strict() {
    YAMLMapper mapper =
        YAMLMapper.builder()
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .annotationIntrospector(
                new JacksonAnnotationIntrospector() {
                  @Override
                  public Boolean hasAnySetter(Annotated annotated) {
                    return false;
                  }
                })
            .build();
    for (CoercionInputShape shape :
        List.of(CoercionInputShape.Integer, CoercionInputShape.Float, CoercionInputShape.Boolean)) {
      mapper.coercionConfigFor(LogicalType.Textual).setCoercion(shape, CoercionAction.Fail);
    }
    return mapper;
  }

  /**
   * @throws IllegalArgumentException if an object is not of its type; names field and object
   */
  static Manifests parse(String yaml) {
    List<HasMetadata> objects = new ArrayList<>();
    for (String document : DOCUMENT_START.splitAsStream(yaml).toList()) {
      if (!document.lines().allMatch(line -> line.isBlank() || line.startsWith("#"))) {
        objects.add(parseOne(document));
      }
    }
    return new Manifests(objects);
  }

  private static HasMetadata parseOne(String document) {
    try {
      JsonNode tree = STRICT.readTree(document);
      String type = tree.path("apiVersion").asText() + "/" + tree.path("kind").asText();
      if (CUSTOM.contains(type)) {
        return LENIENT.treeToValue(tree, GenericKubernetesResource.class);
      }
      if (!TYPES.containsKey(type)) {
        throw new IllegalArgumentException("unknown type " + type + " in\n" + document);
      }
      return STRICT.readValue(document, TYPES.get(type));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e.getMessage() + " in\n" + document, e);
    }
  }

  List<HasMetadata> all() {
    return all;
  }

  <T extends HasMetadata> List<T> all(Class<T> type) {
    return all.stream().filter(type::isInstance).map(type::cast).toList();
  }

  /** The object of that type whose name ends so, behind a dash. */
  <T extends HasMetadata> Optional<T> find(Class<T> type, String suffix) {
    return all(type).stream()
        .filter(each -> each.getMetadata().getName().endsWith("-" + suffix))
        .findFirst();
  }

  <T extends HasMetadata> T get(Class<T> type, String suffix) {
    return find(type, suffix)
        .orElseThrow(() -> new AssertionError("no " + type.getSimpleName() + " …-" + suffix));
  }

  /** Flink's configuration, by key. */
  Map<String, String> flinkConfig() {
    String yaml = get(ConfigMap.class, "flink").getData().get("config.yaml");
    try {
      return STRICT.readValue(
          yaml, STRICT.getTypeFactory().constructMapType(Map.class, String.class, String.class));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
