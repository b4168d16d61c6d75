package io.turnstile.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Values in every form in which a file, {@code --set} and a parent chart give them. */
class ChartValuesTest {

  private static final String REQUIRED =
      """
      kafka:
        bootstrapServers: kafka:9092
      tokens:
        jwksUrl: https://idp.example/jwks.json
      storage:
        uri: s3://bucket/turnstile
      """;

  /** Numbers and flags where a naive template writes 1e+06, or where Kubernetes wants a text. */
  private static final String FORMS =
      REQUIRED
          + """
          topics:
            inputConfig:
              segment.bytes: 104857600
              min.insync.replicas: 2
            verdictConfig:
              retention.ms: 604800000
              min.cleanable.dirty.ratio: 0.5
              preallocate: true
          job:
            options:
              token-cache-size: 1000000
              commits-per-second: 1234567
              content-dedup: off
              trust-producer-time: true
              allow-stale-checkpoint: false
          flink:
            config:
              blob.fetch.backlog: 1000000
              taskmanager.memory.managed.fraction: 0.25
              pekko.log.lifecycle.events: true
          jobManager:
            podAnnotations:
              scrape: true
              limit: 2500000
            nodeSelector:
              fast: true
          podLabels:
            cost-centre: 4000000
          extraEnv:
            - name: LIMIT
              value: 3000000
          """;

  private static final List<String> SETTINGS =
      List.of(
          "topics.inputConfig.segment\\.bytes=104857600",
          "topics.inputConfig.min\\.insync\\.replicas=2",
          "topics.verdictConfig.retention\\.ms=604800000",
          "topics.verdictConfig.min\\.cleanable\\.dirty\\.ratio=0.5",
          "topics.verdictConfig.preallocate=true",
          "job.options.token-cache-size=1000000",
          "job.options.commits-per-second=1234567",
          "job.options.content-dedup=off",
          "job.options.trust-producer-time=true",
          "job.options.allow-stale-checkpoint=false",
          "flink.config.blob\\.fetch\\.backlog=1000000",
          "flink.config.taskmanager.memory.managed.fraction=0.25",
          "flink.config.pekko\\.log\\.lifecycle\\.events=true",
          "jobManager.podAnnotations.scrape=true",
          "jobManager.podAnnotations.limit=2500000",
          "jobManager.nodeSelector.fast=true",
          "podLabels.cost-centre=4000000",
          "extraEnv[0].name=LIMIT",
          "extraEnv[0].value=3000000");

  @TempDir private Path directory;

  private Chart file(String yaml) throws IOException {
    return new Chart(List.of(Files.writeString(directory.resolve("values.yaml"), yaml)), Map.of());
  }

  /** As a dependency whose values lie in the parent's. */
  private String renderInParent(String yaml) throws IOException {
    Path parent = directory.resolve("parent");
    Path charts = Files.createDirectories(parent.resolve("charts"));
    Chart.copyWithHooks(charts.resolve("turnstile"), UnaryOperator.identity());
    Files.writeString(
        parent.resolve("Chart.yaml"),
        """
        apiVersion: v2
        name: parent
        version: 1.0.0
        dependencies:
          - name: turnstile
            version: 0.1.0
            condition: turnstile.enabled
        """);
    Files.writeString(
        parent.resolve("values.yaml"),
        "global:\n  region: eu\n  imageRegistry: registry.example\nturnstile:\n  enabled: true\n"
            + yaml.indent(2));
    return new Chart(List.of(), Map.of()).renderWithHooks(parent);
  }

  @Test
  void valuesMeanTheSameWhereverTheyComeFrom() throws IOException {
    Chart set = Chart.minimal();
    for (String setting : SETTINGS) {
      int equals = setting.indexOf('=');
      set = set.with(setting.substring(0, equals), setting.substring(equals + 1));
    }
    String fromFile = withoutSources(file(FORMS).render());
    assertThat(withoutSources(set.render())).isEqualTo(fromFile);
    assertThat(withoutSources(renderInParent(FORMS))).isEqualTo(fromFile);
  }

  private static String withoutSources(String rendered) {
    return rendered
        .lines()
        .filter(line -> !line.startsWith("# Source:"))
        .collect(Collectors.joining("\n"))
        .strip();
  }

  @Test
  void numbersAndFlagsAreWrittenAsTheirReadersWantThem() throws IOException {
    Manifests manifests = file(FORMS).manifests();
    assertThat(jobManager(manifests).getContainers().get(0).getArgs())
        .contains(
            "--token-cache-size=1000000",
            "--commits-per-second=1234567",
            "--content-dedup=off",
            "--trust-producer-time")
        .noneMatch(argument -> argument.contains("allow-stale-checkpoint"));
    assertThat(
            manifests
                .get(Job.class, "topics")
                .getSpec()
                .getTemplate()
                .getSpec()
                .getContainers()
                .get(0)
                .getArgs())
        .contains(
            "--input-config=segment.bytes=104857600",
            "--input-config=min.insync.replicas=2",
            "--verdict-config=retention.ms=604800000",
            "--verdict-config=min.cleanable.dirty.ratio=0.5",
            "--verdict-config=preallocate=true",
            "--trust-producer-time");
    assertThat(manifests.flinkConfig())
        .containsEntry("blob.fetch.backlog", "1000000")
        .containsEntry("taskmanager.memory.managed.fraction", "0.25")
        .containsEntry("pekko.log.lifecycle.events", "true");
    assertThat(jobManager(manifests).getNodeSelector()).containsEntry("fast", "true");
    assertThat(
            manifests
                .get(Deployment.class, "jobmanager")
                .getSpec()
                .getTemplate()
                .getMetadata()
                .getAnnotations())
        .containsEntry("scrape", "true")
        .containsEntry("limit", "2500000");
  }

  private static PodSpec jobManager(Manifests manifests) {
    return manifests.get(Deployment.class, "jobmanager").getSpec().getTemplate().getSpec();
  }

  @Test
  void switchesThatAreOffAreNotArguments() {
    Manifests manifests =
        Chart.minimal()
            .with("job.options.trust-producer-time", false)
            .with("job.options.allow-stale-checkpoint", "false")
            .manifests();
    assertThat(manifests.get(Job.class, "topics").toString()).doesNotContain("trust-producer");
    assertThat(jobManager(manifests).getContainers().get(0).getArgs())
        .noneMatch(argument -> argument.matches("--(trust-producer|allow-stale).*"));
  }

  @Test
  void listsMayBeLists() throws IOException {
    Manifests manifests =
        file(REQUIRED.replace("kafka:9092", "[a:9092, 'b:9092']")
                + """
                job:
                  options:
                    token-audience: [https://shop.example, 7]
                    token-algorithms: ES256,RS256
                check:
                  signingKeySecret:
                    name: key
                """)
            .manifests();
    assertThat(jobManager(manifests).getContainers().get(0).getArgs())
        .contains(
            "--bootstrap-servers=a:9092,b:9092",
            "--token-audience=https://shop.example,7",
            "--token-algorithms=ES256,RS256");
    assertThat(manifests.get(Pod.class, "check").getSpec().getContainers().get(0).getArgs())
        .contains("--token-audience=https://shop.example");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "kafka:9092",
        "a.example:9092,b.example:9092",
        "10.0.0.7:9092",
        "[2001:db8::7]:9092",
        "SASL_SSL://a.example:9093",
        "broker_1:9092",
      })
  void everyAddressThatKafkaTakesIsTaken(String servers) {
    assertThat(
            jobManager(Chart.minimal().with("kafka.bootstrapServers", servers).manifests())
                .getContainers()
                .get(0)
                .getArgs())
        .contains("--bootstrap-servers=" + servers);
  }

  @ParameterizedTest
  @ValueSource(strings = {"kafka", "2001:db8::7:9092", "kafka:9092 b:9092", "kafka:http"})
  void addressThatKafkaWouldRefuseIsRefused(String servers) {
    assertThatThrownBy(Chart.minimal().with("kafka.bootstrapServers", servers)::render)
        .hasMessageContaining("bootstrapServers");
  }

  /** Release and namespace: Helm's own rules allow these. */
  @Test
  void namesThatLookLikeNumbersOrFlagsStayNames() throws IOException {
    Manifests manifests =
        Manifests.parse(
            file(REQUIRED + "nameOverride: 'true'\nfullnameOverride: 'on'\n")
                .with("ingress.enabled", true)
                .with("ingress.host", "flink.example")
                .with("networkPolicy.webFrom[0].podSelector.matchLabels.a", "b")
                .with("monitoring.podMonitor.enabled", true)
                .with("monitoring.prometheusRule.enabled", true)
                .renderAs("1e3", "20260101"));
    assertThat(manifests.all())
        .allSatisfy(
            each ->
                assertThat(each.getMetadata().getLabels())
                    .containsEntry("app.kubernetes.io/name", "true")
                    .containsEntry("app.kubernetes.io/instance", "1e3"));
    assertThat(manifests.all(RoleBinding.class).get(0).getSubjects().get(0).getNamespace())
        .isEqualTo("20260101");
  }

  @Test
  void namesThatLookLikeFlagsStayNamesWithTheOperatorToo() {
    Manifests manifests =
        Chart.minimal()
            .with("mode", "operator")
            .with("networkPolicy.webFrom[0].podSelector.matchLabels.app", "operator")
            .with("fullnameOverride", "on")
            .manifests();
    assertThat(manifests.get(Role.class, "jobmanager").getRules())
        .anySatisfy(rule -> assertThat(rule.getResourceNames()).containsExactly("on"));
  }

  @Test
  void variableMayHaveANameThatLooksLikeAFlag() throws IOException {
    Manifests manifests = file(REQUIRED + "extraEnv: [{name: 'no', value: 'on'}]").manifests();
    assertThat(jobManager(manifests).getContainers().get(0).getEnv())
        .anySatisfy(
            variable -> {
              assertThat(variable.getName()).isEqualTo("no");
              assertThat(variable.getValue()).isEqualTo("on");
            });
  }

  /** A text is true to a template, whatever it says. */
  @Test
  void textInPlaceOfAFlagOrANumberIsRefusedByItsName() throws IOException {
    ObjectMapper yaml = new YAMLMapper();
    List<String> paths = new ArrayList<>();
    JsonNode texts =
        asTexts("", yaml.readTree(Chart.DIRECTORY.resolve("values.yaml").toFile()), paths);
    assertThat(paths).hasSizeGreaterThan(40).contains("/job/lanes", "/gateway/ingress/enabled");
    Chart chart = file(yaml.writeValueAsString(texts));
    assertThatThrownBy(chart::render)
        .satisfies(
            e ->
                assertThat(paths)
                    .allSatisfy(path -> assertThat(e).hasMessageContaining("'" + path + "'")));
  }

  /**
   * The flags and numbers of the values as texts, and nothing else.
   *
   * @param paths gets where they are
   */
  private static JsonNode asTexts(String path, JsonNode value, List<String> paths) {
    ObjectNode texts = JsonNodeFactory.instance.objectNode();
    for (Map.Entry<String, JsonNode> entry : value.properties()) {
      String below = path + "/" + entry.getKey();
      if (entry.getValue().isObject()) {
        texts.set(entry.getKey(), asTexts(below, entry.getValue(), paths));
      } else if (entry.getValue().isBoolean() || entry.getValue().isNumber()) {
        texts.put(entry.getKey(), entry.getValue().asText());
        paths.add(below);
      }
    }
    return texts;
  }

  @Test
  void dotsOfAReleaseAreNoPartOfTheNamesOfItsServices() {
    assertThat(Chart.minimal().renderAs("shop.eu", "payments"))
        .contains("name: shop-eu-turnstile-rest");
    assertThatThrownBy(() -> Chart.minimal().renderAs("1shop", "payments"))
        .hasMessageContaining("1shop-turnstile")
        .hasMessageContaining("set fullnameOverride");
  }

  @Test
  void tagIsTakenAsItIsWrittenOrRefused() throws IOException {
    assertThat(image(Chart.minimal().with("image.tag", "1.10"))).isEqualTo("turnstile:1.10");
    assertThat(image(Chart.minimal().with("image.tag", 20261130))).isEqualTo("turnstile:20261130");
    assertThat(image(file(REQUIRED + "image: {tag: '1.10'}"))).isEqualTo("turnstile:1.10");
    for (String number : List.of("1.10", "1.0", "20261130")) {
      String yaml = REQUIRED + "image: {tag: " + number + "}";
      assertThatThrownBy(file(yaml)::render).hasMessageContaining("image.tag: put it in quotes");
      assertThatThrownBy(() -> renderInParent(yaml))
          .hasMessageContaining("image.tag: put it in quotes");
      delete(directory.resolve("parent"));
    }
  }

  private static void delete(Path tree) throws IOException {
    try (Stream<Path> files = Files.walk(tree)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private static String image(Chart chart) {
    return jobManager(chart.manifests()).getContainers().get(0).getImage();
  }

  @Test
  void pullSecretsAreNamesOrAsPodsHaveThem() throws IOException {
    Manifests manifests = file(REQUIRED + "image: {pullSecrets: [one, {name: two}]}").manifests();
    assertThat(jobManager(manifests).getImagePullSecrets())
        .extracting(secret -> secret.getName())
        .containsExactly("one", "two");
  }

  @ParameterizedTest
  @ValueSource(strings = {"10Gi", "1.5Ti", "500G", "1Pi"})
  void quantitiesAreThoseOfKubernetes(String size) {
    assertThat(
            Chart.of("values-dev.yaml")
                .with("storage.persistentVolumeClaim.size", size)
                .manifests()
                .get(PersistentVolumeClaim.class, "state")
                .getSpec()
                .getResources()
                .getRequests()
                .get("storage"))
        .hasToString(size);
  }

  @Test
  void quantitiesMayBeNumbers() throws IOException {
    Chart chart =
        file(
            REQUIRED.replace("s3://bucket/turnstile", "file:///opt/turnstile/state")
                + """
                  persistentVolumeClaim: {enabled: true, size: 5000000000}
                jobManager: {scratchSize: 2000000000, cpuRequest: 1, cpuLimit: 1.5}
                """);
    assertThat(chart.render()).doesNotContain("e+09");
    Manifests manifests = chart.manifests();
    assertThat(
            manifests
                .get(PersistentVolumeClaim.class, "state")
                .getSpec()
                .getResources()
                .getRequests()
                .get("storage"))
        .hasToString("5000000000");
    assertThat(jobManager(manifests).getVolumes())
        .filteredOn(volume -> volume.getName().equals("tmp"))
        .allSatisfy(
            volume -> assertThat(volume.getEmptyDir().getSizeLimit()).hasToString("2000000000"));
    ResourceRequirements resources = jobManager(manifests).getContainers().get(0).getResources();
    assertThat(resources.getRequests().get("cpu")).hasToString("1");
    assertThat(resources.getLimits().get("cpu")).hasToString("1.5");
  }

  @Test
  void claimMayHaveNoStorageClass() {
    Chart chart = Chart.of("values-dev.yaml");
    String key = "storage.persistentVolumeClaim.storageClassName";
    assertThat(storageClass(chart)).isNull();
    assertThat(storageClass(chart.with(key, "nfs"))).isEqualTo("nfs");
    assertThat(storageClass(chart.with(key, "-"))).isEmpty();
  }

  private static String storageClass(Chart chart) {
    return chart
        .manifests()
        .get(PersistentVolumeClaim.class, "state")
        .getSpec()
        .getStorageClassName();
  }

  @Test
  void unknownKeyIsNamedInAParentToo() {
    assertThatThrownBy(() -> renderInParent(REQUIRED + "job: {lane: 4}"))
        .hasMessageContaining("/job")
        .hasMessageContaining("'lane' not allowed");
  }
}
